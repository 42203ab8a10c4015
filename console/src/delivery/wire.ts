/** One HTTP exchange each: what goes out, and what kind of answer came back. No retries here. */

import { access } from './access.ts';
import { retryAfterMs } from './backoff.ts';
import type { Problem, Run } from './protocol.ts';

export type Reply =
  | { kind: 'run'; run: Run; etag: string }
  | { kind: 'unchanged' }
  | { kind: 'taken' }
  | { kind: 'refused'; problem: Problem; retryAfterMs?: number };

/** A request is abandoned after this; it is safe to repeat, so being wrong costs nothing. */
const kPatienceMs = 20_000;
export const kHoldSeconds = 25;

export async function postRun(threadId: string, runId: string, prompt: string, signal: AbortSignal): Promise<Reply> {
  return replyOf(
    await access.send(`/v1/threads/${encodeURIComponent(threadId)}/runs`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Prefer: 'respond-async' },
      body: JSON.stringify({ prompt, run_id: runId }),
      signal: within(signal, kPatienceMs),
    }),
  );
}

export async function pollRun(runId: string, etag: string, hold: boolean, signal: AbortSignal): Promise<Reply> {
  const headers: Record<string, string> = hold ? { Prefer: `wait=${kHoldSeconds}` } : {};
  if (etag) headers['If-None-Match'] = etag;
  return replyOf(
    await access.send(`/v1/runs/${runId}`, {
      headers,
      // The browser's own cache would turn a 304 into an old 200.
      cache: 'no-store',
      signal: within(signal, kPatienceMs + (hold ? kHoldSeconds * 1000 : 0)),
    }),
  );
}

export async function cancelRun(runId: string, signal: AbortSignal): Promise<Reply> {
  return replyOf(await access.send(`/v1/runs/${runId}/cancel`, { method: 'POST', signal: within(signal, kPatienceMs) }), 'taken');
}

export async function acknowledgeRun(runId: string, signal: AbortSignal): Promise<Reply> {
  return replyOf(await access.send(`/v1/runs/${runId}/ack`, { method: 'POST', signal: within(signal, kPatienceMs) }), 'taken');
}

/** The caller reads the body of a 200; any other status is in `replyOf`. */
export async function openEvents(runId: string, after: string, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'text/event-stream' };
  if (after) headers['Last-Event-ID'] = after;
  return access.send(`/v1/runs/${runId}/events`, { headers, cache: 'no-store', signal });
}

/** Throws when the body breaks off: that is a lost connection, not an answer. */
export async function replyOf(response: Response, success: 'run' | 'taken' = 'run'): Promise<Reply> {
  if (response.status === 304) return { kind: 'unchanged' };
  const text = await response.text();
  if (response.ok) {
    if (success === 'taken') return { kind: 'taken' };
    const run = parse(text) as Run | undefined;
    if (run?.run_id && run.status) return { kind: 'run', run, etag: response.headers.get('etag') ?? '' };
    return { kind: 'refused', problem: { status: 0, title: 'Unexpected answer', detail: 'This is not an answer of Holdfast. Is something else listening at this address?' } };
  }
  return { kind: 'refused', problem: problemOf(response.status, text), retryAfterMs: retryAfterMs(response.headers, Date.now()) };
}

export function problemOf(status: number, text: string): Problem {
  const body = parse(text) as Partial<Problem> | undefined;
  return {
    status,
    title: typeof body?.title === 'string' ? body.title : `The server answered ${status}`,
    detail: typeof body?.detail === 'string' ? body.detail : '',
    retryable: typeof body?.retryable === 'boolean' ? body.retryable : undefined,
  };
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function within(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)]);
}
