/** One HTTP exchange each: what goes out, and what happened. No retries but one after a 401. */

import { retryAfterMs } from './backoff.ts';
import type { Happening } from './machine.ts';
import { parseObject, type Problem, type Run } from './protocol.ts';

/**
 * The token for the next request; `refresh` when the server has just refused the last one. Undefined: none is sent.
 * It is asked for each request, so a page that was open overnight goes on with a new one.
 */
export type GetToken = (refresh: boolean) => string | undefined | Promise<string | undefined>;

/** `fetch` as the client uses it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Wire {
  /** `fetch` in the user's name. Throws what `fetch` and `getToken` throw. */
  send(path: string, init?: RequestInit): Promise<Response>;
  post(threadId: string, body: object, signal: AbortSignal): Promise<Happening>;
  /** `etag`: held by the server while the run is as that says; undefined: answered at once. */
  poll(runId: string, etag: string | undefined, signal: AbortSignal): Promise<Happening>;
  tell(runId: string, verb: 'cancel' | 'ack', signal: AbortSignal): Promise<Happening>;
  /** The caller reads the body of a 200; any other status is for `happened`. */
  events(runId: string, after: string, signal: AbortSignal): Promise<Response>;
}

/** How long a poll is held: every proxy waits longer. */
const kHoldSeconds = 25;
/** A request is abandoned after this: the hold, and 10 s for the way. It is safe to repeat, so being wrong costs nothing. */
const kPatienceMs = 35_000;

/** `base`: an origin without a slash at its end, or empty for that of the page. */
export function openWire(base: string, fetch: Fetch, getToken?: GetToken): Wire {
  const attempt = async (path: string, init: RequestInit, refresh: boolean) => {
    const token = await getToken?.(refresh);
    const headers = new Headers(init.headers);
    if (token) headers.set('Authorization', `Bearer ${token}`);
    // The browser's own cache would turn a 304 into an old 200.
    return fetch(base + path, { cache: 'no-store', ...init, headers });
  };
  const send = async (path: string, init: RequestInit = {}) => {
    const response = await attempt(path, init, false);
    return response.status === 401 && getToken ? attempt(path, init, true) : response;
  };
  const exchange = async (path: string, signal: AbortSignal, init: RequestInit) => {
    const started = performance.now();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(kPatienceMs)]);
    return happened(await send(path, { ...init, signal: limit }), performance.now() - started);
  };
  const runs = '/v1/runs/';
  return {
    send,
    post(threadId, body, signal) {
      const headers = { 'Content-Type': 'application/json', Prefer: 'respond-async' };
      const path = `/v1/threads/${encodeURIComponent(threadId)}/runs`;
      return exchange(path, signal, { method: 'POST', headers, body: JSON.stringify(body) });
    },
    poll(runId, etag, signal) {
      const hold = etag !== undefined && { Prefer: `wait=${kHoldSeconds}` };
      return exchange(runs + runId, signal, { headers: { ...hold, ...(etag && { 'If-None-Match': etag }) } });
    },
    tell: (runId, verb, signal) => exchange(`${runs + runId}/${verb}`, signal, { method: 'POST' }),
    events(runId, after, signal) {
      const headers = { Accept: 'text/event-stream', ...(after && { 'Last-Event-ID': after }) };
      return send(`${runs + runId}/events`, { headers, signal });
    },
  };
}

/** Throws when the body breaks off: that is a lost connection, not an answer. */
export async function happened(response: Response, tookMs = 0): Promise<Happening> {
  const { status, headers } = response;
  if (status === 304) return ['unchanged', tookMs];
  const text = await response.text();
  if (!response.ok) return ['refused', problemOf(status, text), retryAfterMs(headers, Date.now())];
  return status === 204 ? ['taken'] : ['run', parseObject(text) as Run | undefined, headers.get('etag') ?? '', tookMs];
}

export function problemOf(status: number, text: string): Problem {
  const { title = `HTTP ${status}`, detail = '', retryable } = parseObject(text) ?? {};
  return { status, title: String(title), detail: String(detail), retryable: retryable as boolean | undefined };
}
