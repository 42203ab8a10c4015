// The one load generator of this bench: every analysis is a client of its own that asks once, on a connection of its own.
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const patienceMs = 30_000;
// Who was refused goes on a moment later. Otherwise a server that is down for a second would lose a thousand.
const restAfterLossMs = 500;

function http({ port, path, method = 'POST', body }) {
  return new Promise((resolve) => {
    const headers = { Connection: 'close', ...(body && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }) };
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent: false, timeout: patienceMs }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => (text += piece));
      response.once('end', () => resolve({ status: response.statusCode, text }));
      response.once('error', () => resolve({ failure: 'cut in the middle' }));
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.once('error', (error) => resolve({ failure: error.code ?? error.message }));
    asked.end(body);
  });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Undefined when the answer is the right one, else what was wrong with it. */
function fault({ status, text, failure }, question) {
  if (failure) return failure;
  if (status !== 200) return `status ${status}`;
  return parse(text)?.result === question ? undefined : 'another answer';
}

/** What a client does that got no answer: it asks for its run, by the id it chose. */
async function wayBack(port, runId, question) {
  for (const end = Date.now() + patienceMs; Date.now() < end; await pause(200)) {
    const { status, text } = await http({ port, path: `/v1/runs/${runId}`, method: 'GET' });
    const run = status === 200 ? parse(text) : undefined;
    if (run?.status === 'completed') return run.result === question;
    if (['failed', 'cancelled', 'expired'].includes(run?.status)) return false;
  }
  return false;
}

/** One analysis: how long it took, what was wrong if anything was, and whether the way back led to the answer. */
async function analysis({ port, hasWayBack }, question) {
  const runId = randomUUID();
  const body = JSON.stringify({ prompt: question, thread_id: 'story', run_id: runId });
  const begun = performance.now();
  const wrong = fault(await http({ port, path: '/analyze', body }), question);
  const ms = performance.now() - begun;
  return { ms, wrong, cameBack: wrong !== undefined && hasWayBack && (await wayBack(port, runId, question)) };
}

/** `analyses` of them, `clients` at a time, none begun later than `mostSeconds`. */
export async function ask(contender, { analyses, clients, mostSeconds, first }) {
  const outcomes = [];
  const begun = performance.now();
  let next = 0;
  const client = async () => {
    while (next < analyses && performance.now() - begun < mostSeconds * 1000) {
      const outcome = await analysis(contender, `question ${first + next++}`);
      outcomes.push(outcome);
      if (outcome.wrong) await pause(restAfterLossMs);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { outcomes, seconds: (performance.now() - begun) / 1000 };
}

/** The contender is there. No analysis: who learns from them what the next will need must not learn from this. */
export async function isUp({ port }) {
  const { status } = await http({ port, path: '/readyz', method: 'GET' });
  // What the analysis function says to a request that is none.
  return status === 200 || status === 422;
}
