// Processor time of the server: at rest, and on the shortest way of a run with memory.mode act and observe: docs/benchmarks.md.
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { loadHttp } from '../peers/support/load.mjs';
import { markdown, median, whole } from '../peers/support/table.mjs';
import { inWorkplace } from '../peers/support/workplace.mjs';
import { load, processorMs, startServer } from './server.mjs';

const modes = ['act', 'observe'];
const { values: options } = parseArgs({
  options: {
    build: { type: 'string', default: process.env.HOLDFAST_BIN ?? 'build/release/bin' },
    workers: { type: 'string', default: '1,8' },
    seconds: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '7' },
    requests: { type: 'string', default: '20000' },
    connections: { type: 'string', default: '16' },
    directory: { type: 'string', default: '/tmp' },
  },
});
const counts = options.workers.split(',').map(Number);

async function withServer(bench, { workers, mode }, work) {
  const server = await startServer({ ...bench, worker: join(bench.build, 'scripted_worker'),
    env: { MAX_CONCURRENT_ANALYSES: `${workers}`, HOLDFAST_MEMORY_MODE: mode } });
  try {
    return await work(server);
  } finally {
    await server.service.stop();
  }
}

/** Of one core, in percent. */
async function shareAtRest(bench, workers) {
  return withServer(bench, { workers, mode: 'act' }, async ({ service }) => {
    await pause(5_000);
    const before = processorMs(service.pid);
    const begun = performance.now();
    await pause(Number(options.seconds) * 1000);
    return (100 * (processorMs(service.pid) - before)) / (performance.now() - begun);
  });
}

async function cell(bench, mode) {
  return withServer(bench, { workers: counts.at(-1), mode }, async ({ service, port }) => {
    const ask = (requests) => loadHttp(join(bench.build, 'gateway_load'), { port, path: '/analyze' }, Number(options.connections), requests);
    await ask(2_000);
    const before = processorMs(service.pid);
    const { rate, p50, p99 } = await ask(Number(options.requests));
    return { mode, rate, p50, p99, microseconds: ((processorMs(service.pid) - before) * 1000) / Number(options.requests) };
  });
}

async function run(directory) {
  const bench = { directory, build: resolve(options.build) };
  console.log(`${cpus().length} processors; load before: ${load()}\n\nAt rest, the whole server (governor, sampler and all else), for ${options.seconds} s:\n`);
  const rests = [];
  for (const workers of counts) rests.push([`${workers} workers`, `${(await shareAtRest(bench, workers)).toFixed(2)} %`]);
  console.log(markdown(['', 'of one core'], rests));

  const cells = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    // Who begins changes, so that a drift of the machine hits both.
    for (const mode of round % 2 ? modes.toReversed() : modes) cells.push(await cell(bench, mode));
    console.error(`  round ${round + 1} of ${options.rounds}`);
  }
  const rows = modes.map((mode) => {
    const of = cells.filter((each) => each.mode === mode);
    const all = (what) => of.map((each) => each[what]);
    return [`memory.mode = ${mode}`, whole(median(all('rate'))), `${whole(Math.min(...all('rate')))} to ${whole(Math.max(...all('rate')))}`,
      median(all('p50')).toFixed(2), median(all('p99')).toFixed(2), whole(median(all('microseconds'))),
      `${whole(Math.min(...all('microseconds')))} to ${whole(Math.max(...all('microseconds')))}`];
  });
  console.log(`\nPOST /analyze with the echo worker, ${counts.at(-1)} workers, ${options.connections} connections, ${options.requests} runs a round:\n`);
  console.log(markdown(['', 'runs/s', 'range', 'p50 ms', 'p99 ms', 'server CPU µs/run', 'range'], rows));
  console.log(`\nMedians of ${options.rounds} rounds; load after: ${load()}`);
}

await inWorkplace(options.directory, run);
