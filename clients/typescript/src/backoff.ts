/** How long to rest after a failure: full jitter, so that many pages do not come back at the same moment. Pure. */

export interface RestBounds {
  /** The server asked for at least this, in milliseconds. */
  floorMs: number;
  /** A random part of this is added. */
  spreadMs: number;
}

const kBaseMs = 500;
/** A user who waits looks up about every 15 s; past that the page seems dead. */
const kCapMs = 15_000;
/** Beside a rest that the server asked for. */
const kSpreadMs = 1_000;
/** What a server may ask for at most: a wrong unit must not silence a client for a day. */
const kLongestOrderMs = 600_000;

export function restBounds(failures: number, retryAfterMs = 0): RestBounds {
  return { floorMs: retryAfterMs, spreadMs: Math.min(retryAfterMs ? kSpreadMs : kCapMs, kBaseMs * 2 ** failures) };
}

/**
 * `Retry-After` in seconds or as a date; undefined when there is no such thing. A date is held against the server's own
 * `Date` when there is one: the clock of this machine may be wrong by hours.
 */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const value = headers.get('retry-after') ?? '';
  const ms = Number(value) * 1000 || Date.parse(value) - (Date.parse(headers.get('date') ?? '') || now);
  return ms === ms ? Math.min(kLongestOrderMs, Math.max(0, ms)) : undefined;
}
