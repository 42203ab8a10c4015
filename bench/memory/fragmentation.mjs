// What relief gives back of heaps in pieces, of unchanged programs behind a real server: docs/agent.md, docs/benchmarks.md.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as ask } from 'node:http';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Service, until } from '../peers/support/processes.mjs';
import { markdown, median } from '../peers/support/table.mjs';
import { inWorkplace } from '../peers/support/workplace.mjs';
import { load, startServer } from './server.mjs';

const MB = 1 << 20;
const runMs = 1000; // Of one analysis of the workers.
const apartMs = 3000; // From one analysis to the next.
const { values: options } = parseArgs({
  options: {
    build: { type: 'string', default: process.env.HOLDFAST_BIN ?? 'build/release/bin' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    agents: { type: 'string', default: 'off,on,jemalloc' },
    python: { type: 'string', default: '/usr/bin/python3' },
    directory: { type: 'string', default: '/tmp' },
  },
});
const here = import.meta.dirname;
const build = resolve(options.build);
const python = `${options.python} ${join(here, 'fragmentation/pieces.py')}`;
const node = `${process.execPath} ${join(here, 'fragmentation/pieces.mjs')}`;
const native = join(build, 'pieces_worker');
const workloads = [
  { name: 'Python, small objects', worker: python, fill: 'small' },
  { name: 'Python, mixed sizes', worker: python, fill: 'mixed' },
  { name: 'Python, burst of JSON', worker: python, fill: 'burst' },
  { name: 'Node, objects', worker: node, fill: 'objects' },
  { name: 'Node, Buffers', worker: node, fill: 'buffers' },
  { name: 'C++, one thread', worker: native, fill: 'one' },
  { name: 'C++, 16 threads', worker: native, fill: 'sixteen' },
].filter(({ name }) => name.includes(options.only));

const resident = (pid) => Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;

/** What the allocator itself gives back of the same pieces, told so directly, in a twin outside Holdfast. */
async function twin({ worker, fill }, jemalloc, directory) {
  const socket = join(directory, 's');
  const fifo = join(directory, 'f');
  for (const path of [socket, fifo, `${fifo}.out`]) rmSync(path, { force: true });
  execFileSync('mkfifo', [fifo]);
  const words = worker.split(' ');
  if (words[0] === process.execPath) words.splice(1, 0, '--expose-gc');
  const preloaded = [join(build, '../lib/libgive_back.so'), ...(jemalloc ? ['libjemalloc.so.2'] : [])].join(':');
  const service = new Service([...words, '--socket', socket], { log: join(directory, 'twin.log'), env: { LD_PRELOAD: preloaded, GIVE_BACK: fifo } });
  const post = (body) => new Promise((done, fail) => {
    const text = JSON.stringify(body);
    const sent = ask({ socketPath: socket, method: 'POST', path: '/', headers: { 'Content-Length': Buffer.byteLength(text) } }, (response) => {
      response.resume().on('end', done);
    });
    sent.on('error', fail).end(text);
  });
  await until(() => post({ prompt: 'x' }).then(() => true, () => false), 'the twin answers');
  await post({ fill });
  const before = resident(service.pid);
  await post({ collect: true });
  writeFileSync(fifo, '!', { flag: 'r+' }); // Does not wait for a reader.
  const said = await until(() => {
    try {
      return /^(\d+) (\d+) (\d+) (\d+) (\d+)\n/.exec(readFileSync(`${fifo}.out`, 'utf8'));
    } catch {
      return null;
    }
  }, 'the twin gives back');
  const [collected, after, , active, mapped] = said.slice(1).map(Number);
  await service.stop('SIGKILL');
  return { could: before - after, couldTrim: collected - after, idle: jemalloc ? mapped - active : undefined };
}

/** One analysis after the other, at fixed moments. Counts, and remembers how long each took. */
class Client {
  sent = 0;
  answered = 0;
  tookMs = [];
  #pending = new Set();
  #over = false;

  constructor(server) {
    this.analyze = async (more = {}) => {
      this.sent += 1;
      const begun = performance.now();
      const response = await fetch(`${server}/analyze`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ prompt: 'x', thread_id: 'pieces', ...more }) });
      const body = await response.json();
      if (response.status === 200 && body.result) this.answered += 1;
      return { tookMs: performance.now() - begun, body };
    };
  }

  begin() {
    const each = async () => {
      while (!this.#over) {
        this.nextAt = performance.now() + apartMs;
        const one = this.analyze().then(({ tookMs }) => this.tookMs.push(tookMs), () => {});
        this.#pending.add(one);
        one.finally(() => this.#pending.delete(one));
        await pause(this.nextAt - performance.now());
      }
    };
    this.ended = each();
  }

  /** Waits until the next one is about to begin. */
  async almost() {
    await this.quiet();
    await pause(this.nextAt - performance.now() - 30);
  }

  /** Waits until nothing is under way; the next one is still to come. */
  async quiet() {
    await until(() => this.#pending.size > 0, 'an analysis is under way', { restMs: 1 });
    await until(() => this.#pending.size === 0, 'it is answered', { restMs: 1 });
  }

  async end() {
    this.#over = true;
    await this.ended;
    await Promise.all(this.#pending);
  }
}

async function cell(workload, agent, directory) {
  const env = { MEMORY_LIMIT: `${4096 * MB}`, MAX_CONCURRENT_ANALYSES: '1', HOLDFAST_WORKER_AGENT: agent };
  const { service, port } = await startServer({ build, directory, worker: workload.worker, env });
  const server = `http://127.0.0.1:${port}`;
  const worker = async () => (await (await fetch(`${server}/health/memory`)).json()).workers[0]?.pid;
  const client = new Client(server);
  await client.analyze();
  const first = await worker();
  const fresh = resident(first);
  const filled = await client.analyze({ fill: workload.fill });
  // jemalloc begins to give back by itself.
  const before = resident(first);
  client.begin();
  await client.quiet();
  await client.quiet();
  const usualMs = median(client.tookMs);
  client.tookMs.length = 0;
  const relieve = async () => (await fetch(`${server}/admin/relieve`, { method: 'POST' })).text();
  // An analysis comes while the worker collects and trims: it waits, and then has the worker.
  await client.almost();
  await relieve();
  await client.quiet();
  // Now it is idle for a second, and is replaced if it is worth that.
  await relieve();
  await client.quiet();
  await client.quiet();
  await client.end();
  const last = await until(worker, 'there is a worker');
  const trimmed = /memory\.worker_trimmed .*?collected_bytes=(\d+) after_bytes=(\d+) collect_ms=(\d+) trim_ms=(\d+)/.exec(service.output());
  const [collected, trim, collectMs, trimMs] = trimmed ? trimmed.slice(1).map(Number) : [before, before, 0, 0];
  const found = { fresh, live: filled.body.live_bytes, before, collected, trim, pauseMs: collectMs + trimMs, replaced: last !== first ? 1 : 0, last: resident(last),
    sent: client.sent, lost: client.sent - client.answered, delayMs: Math.max(...client.tookMs) - usualMs };
  await service.stop();
  return found;
}

function row({ name }, agent, cells, twins) {
  const of = (pick) => median(cells.map(pick));
  const mb = (bytes) => (bytes / MB).toFixed(0);
  const could = median(twins.map((one) => one.could));
  const idle = twins[0].idle === undefined ? '' : ` (${mb(median(twins.map((one) => one.idle)))})`;
  const gave = of(({ before, trim }) => before - trim);
  // Less than a few megabytes is not to be measured in shares.
  const share = could < 4 * MB ? '' : `${((100 * gave) / could).toFixed(0)} %`;
  const sum = (pick) => cells.reduce((all, one) => all + pick(one), 0);
  return [`${name}, ${agent}`, mb(of(({ live }) => live)), mb(of(({ before }) => before)), mb(of(({ collected }) => collected)), mb(of(({ trim }) => trim)), `${mb(could)}${idle}`, share,
    of(({ pauseMs }) => pauseMs).toFixed(0), mb(of(({ last }) => last)), mb(of(({ fresh }) => fresh)), of(({ last, fresh }) => last / fresh).toFixed(2), `${sum(({ replaced }) => replaced)} of ${cells.length}`,
    `${sum(({ sent }) => sent)}, ${sum(({ lost }) => lost)}`, Math.max(...cells.map(({ delayMs }) => delayMs)).toFixed(0)];
}

async function run(directory) {
  const agents = options.agents.split(',');
  console.log(`${cpus().length} processors; runs of ${runMs} ms, one each ${apartMs} ms; load before: ${load()}`);
  const cells = new Map();
  const twins = new Map();
  const push = (map, key, value) => map.set(key, [...(map.get(key) ?? []), value]);
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    for (const workload of workloads) {
      for (const jemalloc of new Set(agents.map((agent) => agent === 'jemalloc'))) push(twins, `${workload.name} ${jemalloc}`, await twin(workload, jemalloc, directory));
      for (const agent of agents) push(cells, `${workload.name} ${agent}`, await cell(workload, agent, directory));
    }
    console.error(`  round ${round}, load ${load()}`);
  }
  const rows = workloads.flatMap((workload) => agents.map((agent) => row(workload, agent, cells.get(`${workload.name} ${agent}`), twins.get(`${workload.name} ${agent === 'jemalloc'}`))));
  const head = ['worker, `worker.agent`', 'live', 'before', 'collected', 'trimmed', 'could give', 'given', 'pause, ms', 'replaced', 'fresh', 'of fresh', 'workers replaced', 'sent, lost', 'longest delay, ms'];
  console.log(`\n${markdown(head, rows)}`);
  console.log(`\nMB, medians of ${options.rounds} rounds; load after: ${load()}`);
}

await inWorkplace(options.directory, run);
