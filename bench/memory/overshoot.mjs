// A run allocates at a steep rate until it is given up. How far did it get, and how long did the order take: docs/benchmarks.md.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { markdown, median, whole } from '../peers/support/table.mjs';
import { inWorkplace } from '../peers/support/workplace.mjs';
import { load, startServer } from './server.mjs';

const MB = 1 << 20;
const { values: options } = parseArgs({
  options: {
    build: { type: 'string', default: process.env.HOLDFAST_BIN ?? 'build/release/bin' },
    rates: { type: 'string', default: '100,200,400,800,1545' },
    rounds: { type: 'string', default: '12' },
    'limit-mb': { type: 'string', default: '512' },
    directory: { type: 'string', default: '/tmp' },
  },
});
const limit = Number(options['limit-mb']);
// Where an attempt may be given up: the level emergency.
const emergency = 0.9375 * limit;

/** What the tree held, every millisecond, as [milliseconds since 1970, MB]. */
function readTrace(file) {
  return readFileSync(file, 'utf8').trim().split('\n').map((line) => line.split(' ').map(Number)).map(([at, bytes]) => [at / 1000, bytes / MB]);
}

/** The orders that the server logged, and when. */
function readOrders(log) {
  return [...log.matchAll(/^(\S+) \S+ memory\.run_given_up .*?\\"cause\\":\\"(\w+)\\"/gm)].map(([, time, cause]) => ({ at: Date.parse(time), cause }));
}

/** Each time the tree went past the level, until it was well below again: one attempt, given up or not. */
function readClimbs(trace, orders) {
  const climbs = [];
  let climb;
  for (const [at, held] of trace) {
    if (!climb && held >= emergency) climbs.push((climb = { begun: at, peak: 0 }));
    if (climb && held < emergency / 2) {
      climb.ended = at;
      climb = undefined;
    }
    if (climb) climb.peak = Math.max(climb.peak, held);
  }
  for (const each of climbs) {
    // The log counts in whole milliseconds, and is written when the process has been killed already.
    const order = orders.find(({ at }) => at >= each.begun - 5 && at <= (each.ended ?? Infinity) + 200);
    if (order) Object.assign(each, { cause: order.cause, latency: Math.max(0, order.at - each.begun), dying: Math.max(0, each.ended - order.at) });
  }
  return climbs;
}

/** Looks at the tree below `root`, every millisecond until the returned function is called. */
function beginTrace({ build }, root, file) {
  const flags = ['--root', `${root}`, '--limit', `${limit * MB}`, '--period', '1', '--trace', file];
  const eye = spawn(join(build, 'tree_watch'), flags, { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise((done) => eye.once('close', done));
  return () => {
    eye.stdin.end();
    return ended;
  };
}

/** One run, which is tried as often as the server tries it. */
async function climbsOfOneRun(bench, rate) {
  const worker = `${join(bench.build, 'leaky_worker')} --retain-mb 0 --alloc-mb ${4 * limit} --alloc-mb-s ${rate}`;
  const env = { MEMORY_LIMIT: `${limit * MB}`, MAX_CONCURRENT_ANALYSES: '1' };
  const { service, port, data } = await startServer({ ...bench, worker, env });
  const file = join(data, 'trace');
  const endTrace = beginTrace(bench, service.pid, file);
  try {
    const body = JSON.stringify({ prompt: 'climb', thread_id: 'overshoot' });
    const headers = { 'Content-Type': 'application/json' };
    await (await fetch(`http://127.0.0.1:${port}/analyze`, { method: 'POST', headers, body })).text();
  } finally {
    await endTrace();
    await service.stop();
  }
  return readClimbs(readTrace(file), readOrders(service.output()));
}

function row(rate, climbs) {
  const met = climbs.filter(({ cause }) => cause);
  const most = (of) => Math.max(...of);
  const both = (of) => `${whole(median(of))}, ${whole(most(of))}`;
  const pastLimit = climbs.map(({ peak }) => Math.max(0, peak - limit));
  return [rate, climbs.length, met.length, both(climbs.map(({ peak }) => peak - emergency)), both(pastLimit),
    pastLimit.filter((past) => past > 0).length, both(met.map(({ latency }) => latency)), both(met.map(({ dying }) => dying))].map(String);
}

async function run(directory) {
  const bench = { directory, build: resolve(options.build) };
  console.log(`${cpus().length} processors; limit ${limit} MB, emergency from ${emergency} MB; load before: ${load()}`);
  const rows = [];
  for (const rate of options.rates.split(',')) {
    const climbs = [];
    while (climbs.length < Number(options.rounds)) {
      const found = await climbsOfOneRun(bench, rate);
      if (found.length === 0) throw new Error(`at ${rate} MB/s the tree never came to ${emergency} MB`);
      climbs.push(...found);
    }
    rows.push(row(rate, climbs));
    console.error(`  ${rate} MB/s: ${climbs.length} attempts`);
  }
  const head = ['MB/s', 'attempts', 'given up', 'past emergency, MB', 'past the limit, MB', 'attempts past the limit', 'to the order, ms', 'order to gone, ms'];
  console.log(`\n${markdown(head, rows)}`);
  console.log(`\nMedian, most; load after: ${load()}`);
}

await inWorkplace(options.directory, run);
