// How long a client at one instance waits for the answer of a run whose instance was killed: docs/benchmarks.md.
import { mkdirSync, readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Cluster } from './support/cluster.mjs';
import { prompt } from './support/load.mjs';
import { Service, freePort, until } from './support/processes.mjs';
import { markdown, median, whole } from './support/table.mjs';
import { inWorkplace } from './support/workplace.mjs';

const { values: options } = parseArgs({
  options: {
    build: { type: 'string', default: process.env.HOLDFAST_BIN ?? 'build/release/bin' },
    rounds: { type: 'string', default: '10' },
    instances: { type: 'string', default: '3' },
    lease: { type: 'string', default: '2s' },
    directory: { type: 'string', default: '/tmp' },
  },
});
const build = resolve(options.build);
const rounds = Number(options.rounds);
const now = () => performance.now();

/** One `holdfast serve` on a data directory of its own. */
class Instance {
  static made = 0;

  constructor(directory, databaseUrl, workerFlags) {
    this.data = join(directory, `i${++Instance.made}`);
    Object.assign(this, { databaseUrl, workerFlags });
  }

  async start() {
    this.port = await freePort();
    const command = [join(build, 'holdfast'), 'serve', '--listen', `127.0.0.1:${this.port}`, '--data', this.data,
      '--database', this.databaseUrl, '--set', `database.lease=${options.lease}`,
      '--worker', `${join(build, 'scripted_worker')} --socket {socket} ${this.workerFlags}`];
    const env = { RATE_LIMIT_REQUESTS: '0', RATE_LIMIT_BURST: '0', HOLDFAST_LIMIT_WAITING: '0', MAX_CONCURRENT_ANALYSES: '2' };
    this.service = new Service(command, { log: `${this.data}.log`, env });
    await this.service.says(/listening on http/);
    await until(() => this.ask('/health').then(({ workers }) => workers.processes.some(({ state }) => state === 'idle'), () => false), 'a worker is idle');
    this.id = readFileSync(join(this.data, 'instance'), 'utf8').trim();
    return this;
  }

  fetch(path, { body, headers = {}, ...rest } = {}) {
    const typed = body ? { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } } : { headers };
    return fetch(`http://127.0.0.1:${this.port}${path}`, { ...typed, ...rest });
  }

  async ask(path, request) {
    const response = await this.fetch(path, request);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}

/** The ways of waiting: each resolves to the text of the answer. */
const ways = {
  'event stream': async (instance, id) => {
    const response = await instance.fetch(`/v1/runs/${id}/events`, { headers: { Accept: 'text/event-stream' } });
    let text = '';
    const decoder = new TextDecoder();
    for await (const piece of response.body) {
      text += decoder.decode(piece, { stream: true });
      const done = /event: done\n(?:id: .*\n)?data: (.*)\n/.exec(text);
      if (done) return JSON.parse(done[1]).result?.result;
    }
    throw new Error(`the stream ended without an answer:\n${text}`);
  },
  'long poll': async (instance, id) => {
    for (let etag = ''; ; ) {
      const headers = { Prefer: 'wait=25', ...(etag && { 'If-None-Match': etag }) };
      const response = await instance.fetch(`/v1/runs/${id}`, { headers });
      etag = response.headers.get('etag') ?? etag;
      const run = response.status === 200 ? await response.json() : {};
      if (run.status === 'completed') return run.result.result;
      if (response.status !== 200 && response.status !== 304) throw new Error(`poll: ${response.status}`);
    }
  },
  'plain request, joined': async (instance, id) =>
    (await instance.ask('/analyze', { body: { prompt, thread_id: 'takeover', run_id: id } })).result,
};

/** Asks at `victim` until it is the one that runs it: an idle instance may be faster. */
async function runHeldBy(victim, cluster, database) {
  for (;;) {
    const id = randomUUID();
    const body = { prompt, thread_id: 'takeover', run_id: id };
    await victim.ask('/v1/threads/takeover/runs', { body, headers: { Prefer: 'respond-async' } });
    const [run] = await until(async () => {
      const rows = await cluster.query(database, "SELECT lease_owner FROM runs WHERE id = $1 AND status <> 'queued'", [id]);
      return rows.length > 0 && rows;
    }, 'the run is started');
    if (run.lease_owner === victim.id) return id;
  }
}

/** When the lease of a dead instance ends, on our clock. Reads it from the journal by the database's clock. */
async function endOfLease(cluster, database, instance) {
  const asked = now();
  const [row] = await cluster.query(
    database, 'SELECT lease_until - extract(epoch FROM clock_timestamp()) * 1000 AS left FROM instances WHERE id = $1', [instance]);
  if (!row) throw new Error('the lease of the killed instance is not there');
  return (asked + now()) / 2 + Number(row.left);
}

async function expectOneEnd(cluster, database, id) {
  const [run] = await cluster.query(database, 'SELECT status, attempt FROM runs WHERE id = $1', [id]);
  const ends = await cluster.count(database, `entries WHERE run_id = '${id}' AND kind IN ('completed', 'failed', 'cancelled', 'expired')`);
  if (run.status !== 'completed' || run.attempt !== 2 || ends !== 1) throw new Error(`run ${id}: ${JSON.stringify({ ...run, ends })}`);
}

async function takeOver(cluster, database, victim, heir, leaseMs) {
  const id = await runHeldBy(victim, cluster, database);
  const answers = Object.entries(ways).map(async ([way, wait]) => {
    const text = await wait(heir, id);
    if (text !== prompt) throw new Error(`${way}: not the answer: ${text}`);
    return { way, at: now() };
  });
  // Long enough for all of them to wait, and any moment between two renewals.
  await pause(300 + Math.random() * leaseMs);
  victim.service.child.kill('SIGKILL');
  const killed = now();
  await victim.service.ended;
  // A renewal on its way may still be written.
  await pause(50);
  const lapsed = await endOfLease(cluster, database, victim.id);
  const got = await Promise.all(answers);
  await expectOneEnd(cluster, database, id);
  return got.map(({ way, at }) => ({ way, sinceKill: at - killed, sinceLapse: at - lapsed }));
}

function milliseconds(duration) {
  const [, number, unit] = /^(\d+)(ms|s)$/.exec(duration) ?? [];
  if (!number) throw new Error(`--lease ${duration}: write 500ms or 2s`);
  return Number(number) * (unit === 's' ? 1000 : 1);
}

function report(waits) {
  console.log(`${options.instances} instances, lease ${options.lease}, ${rounds} kills; load: ${readFileSync('/proc/loadavg', 'utf8').slice(0, 14)}\n`);
  const rows = Object.keys(ways).map((way) => {
    const of = waits.filter((wait) => wait.way === way);
    const [kill, lapse] = ['sinceKill', 'sinceLapse'].map((what) => of.map((wait) => wait[what]));
    return [way, ...[median(kill), Math.max(...kill), median(lapse), Math.max(...lapse)].map(whole)];
  });
  console.log(markdown(['answer by', 'from the kill: median ms', 'max', 'from the end of the lease: median ms', 'max'], rows));
}

async function run(directory) {
  const leaseMs = milliseconds(options.lease);
  const cluster = await Cluster.start(directory);
  const database = await cluster.freshDatabase('takeover');
  const start = (workerFlags) => new Instance(directory, cluster.url(database), workerFlags).start();
  const heir = await start('');
  // Each at a moment of its own between the looks of the others, as it is when they were not started together.
  const anyMoment = () => pause((Math.random() * leaseMs) / 3);
  for (let others = 2; others < Number(options.instances); others++) await anyMoment().then(() => start(''));
  // Nobody judges leases until one lease time has passed since the database came up.
  await pause(leaseMs + 200);
  const shut = join(directory, 'shut');
  mkdirSync(shut);
  const waits = [];
  for (let round = 1; round <= rounds; round++) {
    await anyMoment();
    // Its worker holds every run behind a gate that never opens.
    const victim = await start(`--gate ${shut}`);
    const got = await takeOver(cluster, database, victim, heir, leaseMs);
    waits.push(...got);
    const told = got.map(({ way, sinceKill, sinceLapse }) => `${way} ${whole(sinceKill)} ms, ${whole(sinceLapse)} after the lease`);
    console.error(`round ${round} of ${rounds}: ${told.join('; ')}`);
  }
  report(waits);
}

await inWorkplace(options.directory, run);
