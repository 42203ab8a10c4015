// Frames of the console in Chromium while runs come and go, and the server's processor time for each open console: docs/benchmarks.md.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { closeBrowser, newUser, openBrowser } from '../../tests/e2e/page/browser.mjs';
import { load, processorMs, startServer } from '../memory/server.mjs';
import { markdown } from '../peers/support/table.mjs';
import { inWorkplace } from '../peers/support/workplace.mjs';

const { values: options } = parseArgs({
  options: {
    build: { type: 'string', default: process.env.HOLDFAST_BIN ?? 'build/release/bin' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '30' },
    consoles: { type: 'string', default: '0,1,4,16' },
    directory: { type: 'string', default: '/tmp' },
  },
});
const seconds = Number(options.seconds);

/** Starts runs at the rate until it is told to end; returns how many it started. */
function startRuns(base) {
  let started = 0;
  const timer = setInterval(() => {
    started++;
    const body = JSON.stringify({ prompt: `What is number ${started}, and why is it so?`, run_id: randomUUID() });
    const headers = { 'Content-Type': 'application/json', Prefer: 'respond-async' };
    fetch(`${base}/v1/threads/t${started % 50}/runs`, { method: 'POST', headers, body }).then((response) => response.arrayBuffer(), () => undefined);
  }, 60_000 / Number(options.rate));
  return () => {
    clearInterval(timer);
    return started;
  };
}

/** Opens a console's stream and throws away what it says; returns how to end it and how many bytes came. */
async function listen(base) {
  const stop = new AbortController();
  const response = await fetch(`${base}/v1/operations/events`, { signal: stop.signal });
  if (response.status !== 200) throw new Error(`the stream answered ${response.status}`);
  let bytes = 0;
  const read = (async () => {
    for await (const piece of response.body) bytes += piece.length;
  })().catch(() => undefined);
  return async () => {
    stop.abort();
    await read;
    return bytes;
  };
}

/** Percent of one core that the server takes, and KB a second to each console. */
async function costOf(base, pid, consoles) {
  const ends = [];
  for (let i = 0; i < consoles; i++) ends.push(await listen(base));
  await pause(2_000);
  const before = processorMs(pid);
  const begun = performance.now();
  await pause(seconds * 1000);
  const share = (100 * (processorMs(pid) - before)) / (performance.now() - begun);
  const bytes = (await Promise.all(ends.map((end) => end()))).reduce((sum, n) => sum + n, 0);
  return { share, kilobytes: consoles === 0 ? 0 : bytes / consoles / 1024 / (seconds + 2) };
}

/** Times between frames as the page sees them, in ms, and tasks over 50 ms. */
async function framesOf(page) {
  return page.evaluate((ms) => new Promise((done) => {
    const gaps = [];
    let long = 0;
    const watch = new PerformanceObserver((list) => (long += list.getEntries().length));
    watch.observe({ type: 'longtask' });
    const end = performance.now() + ms;
    let last = 0;
    const frame = (now) => {
      if (last > 0) gaps.push(now - last);
      last = now;
      if (now < end) requestAnimationFrame(frame);
      else done({ gaps, long });
    };
    requestAnimationFrame(frame);
  }), seconds * 1000);
}

function summary({ gaps, long }) {
  const sorted = [...gaps].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const late = gaps.filter((gap) => gap > 25).length;
  return [`${(1000 / mean).toFixed(1)}`, `${at(0.5).toFixed(1)} ms`, `${at(0.99).toFixed(1)} ms`, `${sorted.at(-1).toFixed(0)} ms`, `${((100 * late) / gaps.length).toFixed(2)} %`, `${long}`];
}

async function frames(base) {
  await openBrowser();
  const rows = [];
  try {
    for (const [name, url] of [['an empty page', 'about:blank'], ['the console', `${base}/console`]]) {
      const user = await newUser({ viewport: { width: 1280, height: 900 } });
      const page = await user.open(url);
      await pause(3_000);
      const metrics = await user.context.newCDPSession(page);
      await metrics.send('Performance.enable');
      const busy = async () => (await metrics.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value;
      const before = await busy();
      const seen = await framesOf(page);
      const share = (100 * ((await busy()) - before)) / seconds;
      rows.push([name, ...summary(seen), `${share.toFixed(1)} %`]);
      if (user.complaints.length > 0) throw new Error(user.complaints.join('\n'));
      await user.close();
    }
  } finally {
    await closeBrowser();
  }
  return rows;
}

await inWorkplace(options.directory, async (directory) => {
  const build = resolve(options.build);
  const server = await startServer({ directory, build, worker: `${join(build, 'scripted_worker')} --stream --steps 4 --sleep-ms 60`, env: { MAX_CONCURRENT_ANALYSES: '8' } });
  const base = `http://127.0.0.1:${server.port}`;
  try {
    console.log(`${cpus().length} processors; load before: ${load()}; ${options.rate} runs a minute, each of 4 steps, for ${seconds} s a line\n`);
    const begun = performance.now();
    const end = startRuns(base);
    await pause(5_000);
    console.log(markdown(['Shown', 'frames a second', 'median', '99th of 100', 'longest', 'over 25 ms', 'tasks over 50 ms', 'main thread'], await frames(base)));
    const rows = [];
    for (const consoles of options.consoles.split(',').map(Number)) {
      const { share, kilobytes } = await costOf(base, server.service.pid, consoles);
      rows.push([`${consoles}`, `${share.toFixed(2)} %`, consoles === 0 ? '–' : `${kilobytes.toFixed(1)} KB`]);
    }
    const started = end();
    console.log(`\n${markdown(['Open consoles', 'server, of one core', 'to each console, a second'], rows)}`);
    const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.service.pid}/status`, 'utf8'))[1];
    console.log(`\n${started} runs in ${((performance.now() - begun) / 1000).toFixed(0)} s; the server holds ${(resident / 1024).toFixed(1)} MB; load after: ${load()}`);
  } finally {
    await server.service.stop();
  }
});
