/** How long to rest after a failure: full jitter, so that many pages do not come back at the same moment. Pure. */

export interface RestBounds {
  /** The server asked for at least this. */
  floorMs: number;
  /** A random part of this is added. */
  spreadMs: number;
}

const kBaseMs = 500;
/** A user who waits looks up about every 15 s; past that the page seems dead. */
const kCapMs = 15_000;

export function restBounds(failures: number, retryAfterMs = 0): RestBounds {
  const spreadMs = Math.min(kCapMs, kBaseMs * 2 ** Math.min(failures, 10));
  return { floorMs: retryAfterMs, spreadMs: retryAfterMs > 0 ? Math.min(spreadMs, 1000) : spreadMs };
}

/** `retry-after-ms`, else `Retry-After` in seconds or as a date; undefined when there is neither. */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const exact = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return exact;
  const value = headers.get('retry-after');
  if (value === null || value.trim() === '') return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
