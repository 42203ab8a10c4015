/** How long to rest after a failure: full jitter, so that many pages do not come back at the same moment. Pure. */

/** Milliseconds. A random part of the spread is added to the floor, which the server has asked for. */
export type RestBounds = readonly [floorMs: number, spreadMs: number];

const kBaseMs = 500;
/** A restart takes seconds, and whoever waits looks: doubling ends at 8 times the base, 4 s. */
const kDoublings = 8;
/** What stays away for minutes is not knocked at so often: from there on half a second more each time, up to this. */
const kCapMs = 15_000;
/** What a server may ask for at most: a wrong unit must not silence a client for a day. */
const kLongestOrderMs = 600_000;

/** After that many failures in a row. `orderMs`: the server asked for at least this; 0: it did not. */
export function restBounds(failures: number, orderMs = 0): RestBounds {
  const spreadMs = kBaseMs * Math.min(2 ** failures, Math.max(kDoublings, failures));
  // Those who were sent away together must not come back together: the longer the order, the wider they spread.
  return [orderMs, Math.min(kCapMs, Math.max(spreadMs, orderMs))];
}

/**
 * `Retry-After` in seconds or as a date; 0 when there is no such thing. A date is held against the server's own `Date` when
 * there is one: the clock of this machine may be wrong by hours.
 */
export function retryAfterMs(headers: Headers): number {
  const value = headers.get('retry-after') ?? '';
  const ms = +value * 1000 || Date.parse(value) - (Date.parse(headers.get('date')!) || Date.now()) || 0;
  return Math.min(kLongestOrderMs, Math.max(0, ms));
}
