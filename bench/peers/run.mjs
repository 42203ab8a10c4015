// Holdfast, its peers and the plain database, in turns on the same PostgreSQL: docs/benchmarks.md.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { Holdfast } from './contenders/holdfast.mjs';
import { Dbos, Langgraph, PgBoss } from './contenders/libraries.mjs';
import { OneCommit, TwoCommits } from './contenders/pgbench.mjs';
import { Restate } from './contenders/restate.mjs';
import { Cluster } from './support/cluster.mjs';
import { until } from './support/processes.mjs';
import { markdown, median, whole } from './support/table.mjs';
import { inWorkplace } from './support/workplace.mjs';

const contenders = [Holdfast, Restate, Dbos, PgBoss, Langgraph, TwoCommits, OneCommit];
const peers = ['restate', 'dbos', 'pg-boss', 'langgraph'];

const { values: options } = parseArgs({
  options: {
    build: { type: 'string', default: process.env.HOLDFAST_BIN ?? 'build/release/bin' },
    loader: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2.5' },
    requests: { type: 'string', default: '20000' },
    connections: { type: 'string', default: '1,16,64' },
    workers: { type: 'string', default: '8' },
    only: { type: 'string', default: contenders.map(({ key }) => key).join(',') },
    directory: { type: 'string', default: '/tmp' },
    pool: { type: 'string' },
    processes: { type: 'string' },
    partitions: { type: 'string' },
  },
});
const levels = options.connections.split(',').map(Number);
const chosen = contenders.filter(({ key }) => options.only.split(',').includes(key));
if (chosen.length === 0) throw new Error(`--only takes some of ${contenders.map(({ key }) => key).join(',')}`);
const load = () => readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');

/** As many requests as take about the wanted time at this rate, in whole turns of all connections. */
function requestsFor(rate, connections) {
  const wanted = Math.min(rate * Number(options.seconds), Number(options.requests));
  return Math.max(Math.round(wanted / connections), 5) * connections;
}

/** Nobody is measured while failing: what was asked is there, done, and nothing else. */
async function check(contender) {
  let found;
  const agrees = async () => (found = await contender.completed()) === contender.asked;
  await until(agrees, 'all is done', { limitMs: 10_000, restMs: 100 }).catch(() => {
    throw new Error(`${contender.name}: ${contender.asked} runs were answered, ${found} are durable`);
  });
}

/** The rate once it is warm: compilers in the running program, everybody's buffers and connections. */
async function warmRate(contender, connections) {
  for (let requests = Math.max(60, connections * 8); ; requests *= 4) {
    const { rate } = await contender.load(connections, requests);
    if (requests / rate > Number(options.seconds) / 5 || requests * 4 > Number(options.requests)) return rate;
  }
}

async function measure(bench, contender, connections) {
  const requests = requestsFor(await warmRate(contender, connections), connections);
  await bench.cluster.query('postgres', 'CHECKPOINT');
  const before = contender.processorSeconds();
  const cell = await contender.load(connections, requests);
  cell.processor = ((contender.processorSeconds() - before) * 1000) / requests;
  await check(contender);
  return cell;
}

async function round(bench, cells) {
  for (const Contender of chosen) {
    const contender = new Contender(bench);
    try {
      await contender.open();
      await contender.load(16, requestsFor(await warmRate(contender, 16), 16));
      for (const connections of levels) {
        const cell = await measure(bench, contender, connections);
        cells.push({ key: Contender.key, name: contender.name, connections, ...cell });
        console.error(`  ${contender.name}, ${connections}: ${whole(cell.rate)} /s`);
      }
    } finally {
      await contender.close();
    }
  }
}

function summary(cells, key, connections) {
  const of = cells.filter((cell) => cell.key === key && cell.connections === connections);
  if (of.length === 0) return undefined;
  const rates = of.map(({ rate }) => rate);
  const middle = (what) => median(of.map((cell) => cell[what]));
  return { name: of[0].name, rate: median(rates), least: Math.min(...rates), most: Math.max(...rates),
    p50: middle('p50'), p99: middle('p99'), processor: middle('processor') };
}

function report(cells) {
  for (const connections of levels) {
    console.log(`\n${connections} concurrent\n`);
    const rows = chosen.map(({ key }) => summary(cells, key, connections)).map((of) =>
      [of.name, whole(of.rate), `${whole(of.least)} to ${whole(of.most)}`, of.p50.toFixed(2), of.p99.toFixed(2), of.processor.toFixed(2)]);
    console.log(markdown(['', 'runs/s', 'range', 'p50 ms', 'p99 ms', 'CPU ms/run'], rows));
  }
  const most = levels.at(-1);
  const ours = summary(cells, 'holdfast', most);
  const best = peers.map((key) => summary(cells, key, most)).filter(Boolean).toSorted((a, b) => b.rate - a.rate)[0];
  const limit = summary(cells, 'pgbench-2', most);
  if (!ours) return;
  console.log(`\nAt ${most} concurrent Holdfast reaches`);
  if (best) console.log(`- ${(ours.rate / best.rate).toFixed(2)} times the best engine (${best.name})`);
  if (limit) console.log(`- ${(ours.rate / limit.rate).toFixed(2)} times plain inserts with two commits a run`);
}

async function run(directory) {
  const build = resolve(options.build);
  const bench = { directory, build, workers: Number(options.workers), loader: options.loader ?? join(build, 'gateway_load'),
    pool: options.pool, processes: options.processes, partitions: options.partitions };
  bench.cluster = await Cluster.start(directory);
  const disk = execFileSync('df', ['--output=fstype', directory], { encoding: 'utf8' }).split('\n')[1].trim();
  console.log(`${cpus().length} processors, ${disk}, Node ${process.versions.node}, ${bench.workers} workers of Holdfast; load before: ${load()}`);
  console.log(`PostgreSQL: ${await bench.cluster.describe()}`);
  const begun = Date.now();
  const cells = [];
  for (let turn = 1; turn <= Number(options.rounds); turn++) {
    console.error(`round ${turn} of ${options.rounds}`);
    await round(bench, cells);
  }
  report(cells);
  console.log(`\nMedians of ${options.rounds} rounds in ${whole((Date.now() - begun) / 1000)} s; load after: ${load()}`);
  await bench.cluster.stop();
}

await inWorkplace(options.directory, run);
