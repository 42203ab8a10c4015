import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { restBounds, retryAfterMs } from '../src/backoff.ts';

describe('restBounds', () => {
  const spreads = (failures: number[]) => failures.map((n) => restBounds(n)[1]);

  it('doubles up to 4 s, which a restart outlasts seldom; what stays away is knocked at less and less, up to 15 s', () => {
    expect(spreads([0, 1, 2, 3, 4, 8, 9, 16, 30, 99, Infinity])).toEqual([500, 1000, 2000, 4000, 4000, 4000, 4500, 8000, 15_000, 15_000, 15_000]);
  });

  it('never rests shorter than the server asked, and spreads those it sent away together', () => {
    expect(restBounds(1, 500)).toEqual([500, 1000]);
    expect(restBounds(1, 5_000)).toEqual([5_000, 5_000]);
    expect(restBounds(1, 600_000)).toEqual([600_000, 15_000]);
  });

  // They fail as often as they come while it is away. A server that is back at once meets 10,000 in the first second, whatever the cap.
  it.each([
    [5, 5_000],
    [20, 3_500],
    [300, 1_500],
  ])('the server has been away for %i s: when it is back, less than %i of 10,000 pages come in the worst second', (awaySeconds, most) => {
    const random = pseudoRandom(1);
    const arrivals = new Map<number, number>();
    for (let page = 0; page < 10_000; page++) {
      let at = 0;
      for (let failures = 1; at < awaySeconds; failures++) {
        const [floor, spread] = restBounds(failures);
        at += (floor + random() * spread) / 1000;
      }
      const second = Math.floor(at - awaySeconds);
      arrivals.set(second, (arrivals.get(second) ?? 0) + 1);
    }
    expect(Math.max(...arrivals.values())).toBeLessThan(most);
  });
});

describe('retryAfterMs', () => {
  const at = (headers: Record<string, string>) => retryAfterMs(new Headers(headers));
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-01T00:00:00Z') }));
  afterEach(() => void vi.useRealTimers());

  it('reads seconds and dates', () => {
    expect(at({ 'retry-after': '3' })).toBe(3000);
    expect(at({ 'retry-after': 'Thu, 01 Jan 2026 00:00:10 GMT' })).toBe(10_000);
  });

  it('is nothing where nothing sensible was said', () => {
    expect(at({})).toBe(0);
    expect(at({ 'retry-after': 'soon' })).toBe(0);
  });

  it('clock skew: holds a date against the clock of the server that sent it', () => {
    const headers = { date: 'Thu, 01 Jan 2026 02:00:00 GMT', 'retry-after': 'Thu, 01 Jan 2026 02:00:05 GMT' };
    expect(at(headers)).toBe(5000);
  });

  it('is bounded, also by a server that asks for a day or for yesterday', () => {
    expect(at({ 'retry-after': '86400' })).toBe(600_000);
    expect(at({ 'retry-after': 'Thu, 01 Jan 2025 00:00:00 GMT' })).toBe(0);
  });
});

/** mulberry32: the same numbers each time. */
function pseudoRandom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
