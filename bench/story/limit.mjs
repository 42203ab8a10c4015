// A hard limit for everything below one process: a memory cgroup, or a watcher that kills like the kernel would.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Service, until } from '../peers/support/processes.mjs';

const MB = 1 << 20;
const periodMs = 5;

/** Where the memory controller is mounted and where we are in it: v1, else v2. */
function ownGroup() {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n').map((line) => line.split(' '));
  const groups = readFileSync('/proc/self/cgroup', 'utf8').split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line) ?? []);
  const v1 = mounts.find(([, , type, options]) => type === 'cgroup' && options.split(',').includes('memory'));
  const mount = v1 ?? mounts.find(([, , type]) => type === 'cgroup2');
  const path = groups.find(([, controllers]) => (v1 ? controllers?.split(',').includes('memory') : controllers === ''))?.[2];
  return mount && path !== undefined ? { mount: mount[1], path, limitFile: v1 ? 'memory.limit_in_bytes' : 'memory.max' } : undefined;
}

/** A memory cgroup of our own, below the one we are in or, where that cannot have any, below one above it. */
class Group {
  static make(limit) {
    const own = ownGroup();
    for (let above = own?.path; above !== undefined; above = above === '/' ? undefined : dirname(above)) {
      const group = new Group(join(own.mount, above, `holdfast-story-${process.pid}`));
      try {
        mkdirSync(group.path);
        if (existsSync(join(group.path, own.limitFile))) {
          writeFileSync(join(group.path, own.limitFile), `${limit}`);
          group.forbidSwap(limit);
          return group;
        }
      } catch {
        // Not here.
      }
      group.tryRemove();
    }
    return undefined;
  }

  constructor(path) {
    this.path = path;
  }

  forbidSwap(limit) {
    for (const [file, value] of [['memory.swap.max', 0], ['memory.memsw.limit_in_bytes', limit]]) {
      if (existsSync(join(this.path, file))) writeFileSync(join(this.path, file), `${value}`);
    }
  }

  number(file, key) {
    const text = existsSync(join(this.path, file)) ? readFileSync(join(this.path, file), 'utf8') : '';
    return Number((key ? new RegExp(`^${key} (\\d+)`, 'm').exec(text)?.[1] : text) ?? 0);
  }

  kills() {
    return this.number('memory.oom_control', 'oom_kill') + this.number('memory.events', 'oom_kill');
  }

  tryRemove() {
    try {
      rmdirSync(this.path);
      return true;
    } catch {
      return !existsSync(this.path);
    }
  }

  /** What outlived its parent in there is ours as well. */
  async remove() {
    await until(() => {
      const left = existsSync(this.path) ? readFileSync(join(this.path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean) : [];
      for (const pid of left) {
        try {
          process.kill(Number(pid), 'SIGKILL');
        } catch {
          // It ended meanwhile.
        }
      }
      return this.tryRemove();
    }, `${this.path} can be removed`);
  }
}

/** cgroup or watcher: what was asked for, or the best there is. */
export function chooseHow(wanted) {
  if (wanted === 'watcher') return wanted;
  const group = Group.make(64 * MB);
  group?.tryRemove();
  if (!group && wanted === 'cgroup') throw new Error('no memory cgroup can be made here (root, and a memory controller, are needed)');
  return group ? 'cgroup' : 'watcher';
}

/**
 * The limit of one contender for one turn, kept by a program that looks from outside. It counts RssAnon + RssShmem, what
 * the kernel cannot take back; pages shared by forked processes count in each of them.
 */
class WatcherLimit {
  flags = ['--kill'];

  constructor({ limit, eye, directory }) {
    this.limit = limit;
    this.eye = eye;
    this.trace = join(directory, 'looks');
  }

  /** The command that runs `command` below the limit. */
  wrap(command) {
    return command;
  }

  /** Begins to look at `root` and all below it. */
  watch(root) {
    const flags = ['--root', `${root}`, '--limit', `${this.limit}`, '--period', `${periodMs}`, '--trace', this.trace, ...this.flags];
    this.watcher = spawn(this.eye, flags, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.said = '';
    this.watcher.stdout.on('data', (text) => (this.said += text));
    this.ended = new Promise((resolve) => this.watcher.once('close', resolve));
  }

  /** What was seen since watch(), which is over. */
  async seen() {
    this.watcher.stdin.end();
    await this.ended;
    const { peak, looks, over_limit: over, kills } = JSON.parse(this.said);
    return { peak, looks, over, kills, floorGrowth: this.floorGrowth() };
  }

  /** By how much the least that was held in the last fifth of the time is above the least of the first fifth. */
  floorGrowth() {
    const held = readFileSync(this.trace, 'utf8').trim().split('\n').map((line) => Number(line.split(/[\s,]+/)[1]));
    const fifth = Math.ceil(held.length / 5);
    const least = (part) => part.reduce((a, b) => Math.min(a, b), Infinity);
    return least(held.slice(-fifth)) - least(held.slice(0, fifth));
  }

  async remove() {
    this.watcher?.kill();
  }
}

/** The same, kept by the kernel; the program only looks. Time over such a limit there is none. */
class CgroupLimit extends WatcherLimit {
  flags = [];

  constructor(bench) {
    super(bench);
    this.group = Group.make(bench.limit);
    this.lastResort = () => this.group.tryRemove();
    process.once('exit', this.lastResort);
  }

  wrap(command) {
    return ['sh', '-c', 'echo $$ >"$0/cgroup.procs" && exec "$@"', this.group.path, ...command];
  }

  async seen() {
    return { ...(await super.seen()), looks: 0, over: 0, kills: this.group.kills() };
  }

  async remove() {
    await super.remove();
    process.off('exit', this.lastResort);
    await this.group.remove();
  }
}

export const makeLimit = (bench) => (bench.how === 'cgroup' ? new CgroupLimit(bench) : new WatcherLimit(bench));

/** A limit that does not kill would make everybody look good. */
export async function selfCheck({ how, eye, directory }) {
  const limit = makeLimit({ how, eye, directory, limit: 128 * MB });
  const grow = 'const kept = []; setInterval(() => kept.push(Buffer.alloc(4 << 20, 1)), 5);';
  const service = new Service(limit.wrap([process.execPath, '-e', grow]), { log: join(directory, 'self-check.log') });
  limit.watch(service.pid);
  const inTime = await Promise.race([service.ended.then(() => true), pause(20_000, false, { ref: false })]);
  const seen = await limit.seen();
  await service.stop('SIGKILL');
  await limit.remove();
  if (!inTime || service.child.signalCode !== 'SIGKILL' || seen.kills !== 1) {
    throw new Error(`the limit (${how}) does not kill: ${service.child.signalCode}, ${JSON.stringify(seen)}`);
  }
  return `a process that grows without end was killed at 128 MB (most seen: ${(seen.peak / MB).toFixed(1)} MB)`;
}
