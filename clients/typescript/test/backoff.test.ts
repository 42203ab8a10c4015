import { describe, expect, it } from 'vitest';
import { restBounds, retryAfterMs } from '../src/backoff.ts';

describe('restBounds', () => {
  it('doubles up to the cap and stays there', () => {
    expect([1, 2, 3, 4, 5, 6, 99].map((n) => restBounds(n).spreadMs)).toEqual([1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  });

  it('never rests shorter than the server asked', () => {
    expect(restBounds(1, 30_000)).toEqual({ floorMs: 30_000, spreadMs: 1000 });
  });
});

describe('retryAfterMs', () => {
  const at = (headers: Record<string, string>) => retryAfterMs(new Headers(headers), Date.parse('2026-01-01T00:00:00Z'));

  it('reads seconds and dates', () => {
    expect(at({ 'retry-after': '3' })).toBe(3000);
    expect(at({ 'retry-after': 'Thu, 01 Jan 2026 00:00:10 GMT' })).toBe(10_000);
  });

  it('is undefined where nothing sensible was said', () => {
    expect(at({})).toBeUndefined();
    expect(at({ 'retry-after': 'soon' })).toBeUndefined();
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
