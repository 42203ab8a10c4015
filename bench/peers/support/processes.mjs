// Processes that end with this one, and the processor time of whole trees of them, from /proc.
import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const patienceMs = 30_000;
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Below the range from which the system takes ports for outgoing connections. */
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/** Waits until `ready()` is truthy, and returns that. */
export async function until(ready, what, { restMs = 20, limitMs = patienceMs } = {}) {
  for (const end = Date.now() + limitMs; Date.now() < end; await pause(restMs)) {
    const found = await ready();
    if (found) return found;
  }
  throw new Error(`not within ${limitMs / 1000} s: ${what}`);
}

/** One process, its output in a file. `user` is changed to when this is root. */
export class Service {
  static #all = [];

  /** The last words of all of them: what to look at when something did not go as it should. */
  static lastWords() {
    return Service.#all.map((service) => `--- ${service.log}\n${service.output().slice(-1500)}`).join('\n');
  }

  static running() {
    return Service.#all.filter(({ running }) => running);
  }

  constructor(command, { log, env = {}, user, signal = 'KILL' }) {
    const asUser = user && process.getuid() === 0 ? ['--reuid', user, '--regid', user, '--clear-groups'] : [];
    const output = openSync(log, 'w');
    this.name = command[0].split('/').at(-1);
    this.log = log;
    this.child = spawn('setpriv', [...asUser, '--pdeathsig', signal, ...command], {
      env: { ...process.env, ...env },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    this.ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.once('error', () => {});
    Service.#all.push(this);
  }

  get pid() {
    return this.child.pid;
  }

  get running() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  output() {
    return readFileSync(this.log, 'utf8');
  }

  /** Waits for words in the output; they are what `pattern` matches. */
  async says(pattern) {
    return until(() => {
      const found = pattern.exec(this.output());
      if (!found && !this.running) throw new Error(`${this.name} has ended:\n${this.output().slice(-2000)}`);
      return found;
    }, `${this.name} says ${pattern}:\n${this.output().slice(-2000)}`);
  }

  async stop(signal = 'SIGTERM') {
    if (!this.running) return;
    this.child.kill(signal);
    const hard = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await this.ended;
    clearTimeout(hard);
  }
}

/** Parent and processor time, that of its dead children included, of every process. */
function allProcesses() {
  const found = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
      found.set(Number(name), { parent: fields[1], ticks: fields[11] + fields[12] + fields[13] + fields[14] });
    } catch {
      // It ended meanwhile; its parent has its time.
    }
  }
  return found;
}

/** Seconds of processor time used so far by these processes and everything below them. */
export function processorSeconds(pids) {
  const all = allProcesses();
  const within = new Set(pids);
  for (let size = 0; size !== within.size; ) {
    size = within.size;
    for (const [pid, { parent }] of all) if (within.has(parent)) within.add(pid);
  }
  let ticks = 0;
  for (const pid of within) ticks += all.get(pid)?.ticks ?? 0;
  return ticks / ticksPerSecond;
}
