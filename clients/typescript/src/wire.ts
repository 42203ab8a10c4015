/** One HTTP exchange: what goes out, and what happened. No retries but one after a 401. */

import { retryAfterMs } from './backoff.ts';
import type { Happening } from './machine.ts';
import { membersOf, type Problem, type Run } from './protocol.ts';

/**
 * The token for the next request; `refresh` when the server has just refused the last one. Undefined: none is sent.
 * It is asked for each request, so a page that was open overnight goes on with a new one.
 */
export type GetToken = (refresh: boolean) => string | undefined | Promise<string | undefined>;

/** `fetch` as the client uses it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** `fetch` of a path of the server in the user's name. Throws what `fetch` and `getToken` throw. */
export type Send = (path: string, init?: RequestInit) => Promise<Response>;

/** `base`: an origin without a slash at its end, or empty for that of the page. */
export function openWire(base: string, fetch: Fetch, getToken?: GetToken): Send {
  return async (path, init = {}) => {
    const attempt = async (refresh: boolean) => {
      const token = await getToken?.(refresh);
      const headers = new Headers(init.headers);
      if (token) headers.set('Authorization', `Bearer ${token}`);
      // The browser's own cache would turn a 304 into an old 200.
      return fetch(base + path, { cache: 'no-store', ...init, headers });
    };
    const response = await attempt(false);
    return response.status === 401 && getToken ? attempt(true) : response;
  };
}

/** What a response says, which took that long. Throws when its body breaks off: that is a lost connection, not an answer. */
export async function happened(response: Response, tookMs = 0): Promise<Happening> {
  const { status, headers, ok } = response;
  if (status === 304) return ['unchanged', tookMs];
  const text = await response.text();
  if (status === 204) return ['taken'];
  if (ok) return ['run', membersOf<Run>(text), headers.get('etag') ?? '', tookMs];
  const { title = `HTTP ${status}`, detail = '', retryable } = membersOf<Problem>(text);
  return ['refused', { status, title, detail, retryable }, retryAfterMs(headers)];
}
