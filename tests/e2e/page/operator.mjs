// Servers for the tests and pictures of the operator console, with workers that misbehave with memory on request.
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { program, Server } from '../../support/server.mjs';

const kSecond = 1000;

/** A server with the leaky worker: what a run does with memory is in its question. `places`: analyses at once. */
export function leakyServer({ places = 2, limit = '512MB', environment = {}, flags = '' } = {}) {
  const worker = `${join(dirname(program), 'leaky_worker')} --socket {socket} ${flags}`;
  return new Server(['--worker', worker.trim(), '--set', 'runs.max_concurrent=' + places], { MEMORY_LIMIT: limit, ...environment });
}

/** Starts a run and returns its id at once. `leaky`: as the flags of the leaky worker, with _ for -. */
export async function startRun(base, prompt, leaky = {}, { key = '', thread_id = 'operators' } = {}) {
  const run_id = randomUUID();
  const headers = { 'Content-Type': 'application/json', Prefer: 'respond-async', ...(key && { Authorization: `Bearer ${key}` }) };
  const response = await fetch(`${base}/v1/threads/${thread_id}/runs`, { method: 'POST', headers, body: JSON.stringify({ prompt, run_id, leaky }) });
  if (response.status !== 202 && response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return run_id;
}

/** The run once it has ended. */
export async function ended(base, run_id, key = '') {
  for (;;) {
    const response = await fetch(`${base}/v1/runs/${run_id}`, { headers: { Prefer: 'wait=20', ...(key && { Authorization: `Bearer ${key}` }) } });
    const run = await response.json();
    if (run.finished_at) return run;
    await new Promise((resolve) => setTimeout(resolve, kSecond / 20));
  }
}

export async function answered(base, prompt, leaky, options = {}) {
  return ended(base, await startRun(base, prompt, leaky, options), options.key);
}

export function acknowledge(base, run_id) {
  return fetch(`${base}/v1/runs/${run_id}/ack`, { method: 'POST' });
}

/** Waits until the sentence at the top says that. */
export function says(page, words, options) {
  return page.locator('#sentence', { hasText: words }).waitFor(options);
}

/** A server in which a run waits for memory, and the level is critical: one holds most of the limit, and the next, of
    the same route, is expected to need as much. Returns the two run ids. */
export async function shortOfMemory(server, holdMs) {
  await answered(server.base, 'How many people live in each region?', { alloc_mb: 200, alloc_mb_s: 0 });
  const holds = await startRun(server.base, 'Which regions grew fastest since 1990, and why?', { alloc_mb: 425, alloc_mb_s: 0, hold_ms: holdMs });
  const waits = await startRun(server.base, 'What did a household spend on energy in 2020?', { alloc_mb: 100 });
  return { holds, waits };
}
