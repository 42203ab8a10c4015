/** Does what the state of a run asks for: a request, the event stream, a rest. */

import type { Delivery } from './delivery.ts';
import type { Question } from './kept.ts';
import type { TakeSeat } from './seats.ts';
import { followStream, type Report } from './stream.ts';
import { happened, type Send } from './wire.ts';

/** How long a poll is held: every proxy waits longer. */
const kHoldSeconds = 25;
/** A request is abandoned after this: the hold, and 10 s for the way. It is safe to repeat, so being wrong costs nothing. */
const kPatienceMs = 35_000;

/**
 * Reports what came of it, and calls `beat` at every sign of life of the server. Ends with `signal`, which also silences
 * `report`. Throws where a connection is lost.
 */
export async function carryOut(
  { phase, cursor, etag, bounds }: Delivery,
  { runId, threadId, prompt, more }: Question,
  send: Send,
  seat: TakeSeat,
  signal: AbortSignal,
  report: Report,
  beat: () => void,
): Promise<void> {
  const path = `/v1/runs/${runId}`;
  const ask = async (path: string, init?: RequestInit) => {
    const started = performance.now();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(kPatienceMs)]);
    const happening = await happened(await send(path, { ...init, signal: limit }), performance.now() - started);
    beat();
    report(happening);
  };
  if (phase === 'posting') {
    const headers = { 'Content-Type': 'application/json', Prefer: 'respond-async' };
    const body = JSON.stringify({ ...more, prompt, run_id: runId });
    await ask(`/v1/threads/${encodeURIComponent(threadId)}/runs`, { method: 'POST', headers, body });
  } else if (phase === 'checking') await ask(path);
  else if (phase === 'cancelling') await ask(`${path}/cancel`, { method: 'POST' });
  else if (phase === 'acknowledging') await ask(`${path}/ack`, { method: 'POST' });
  else if (phase === 'resting') {
    const [floorMs, spreadMs] = bounds!;
    const timer = setTimeout(report, floorMs + Math.random() * spreadMs, ['rested']);
    signal.onabort = () => clearTimeout(timer);
  } else if (/streaming|holding/.test(phase)) {
    const free = await seat();
    if (!free) return report(['crowded']);
    try {
      if (phase === 'holding') await ask(path, { headers: { Prefer: `wait=${kHoldSeconds}`, ...(etag && { 'If-None-Match': etag }) } });
      else {
        const headers = { Accept: 'text/event-stream', ...(cursor && { 'Last-Event-ID': cursor }) };
        await followStream(send(`${path}/events`, { headers, signal }), signal, report, beat);
      }
    } finally {
      free();
    }
  }
}
