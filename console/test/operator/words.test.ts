import { expect, test } from 'vitest';
import { describe as describeMark, kindOf } from '../../src/operator/model/marks.ts';
import { clock, duration, reason, size, sizeOf, took } from '../../src/operator/model/words.ts';

const kMegabyte = 1024 * 1024;

test.each([[0, '0 MB'], [-20_000, '0 MB'], [0.34 * kMegabyte, '0.3 MB'], [31 * kMegabyte, '31 MB'], [31.9 * kMegabyte, '31.9 MB'], [309.4 * kMegabyte, '309 MB'], [4096 * kMegabyte, '4,096 MB'], [20_480 * kMegabyte, '20.0 GB'], [-12.5 * kMegabyte, '-12.5 MB']])('%d bytes are %s', (bytes, words) => {
  expect(size(bytes)).toBe(words);
});

test('A share of the limit has one unit, as long as megabytes can be read', () => {
  expect(sizeOf(429.3 * kMegabyte, 512 * kMegabyte)).toBe('429 of 512 MB');
  expect(sizeOf(512 * kMegabyte, 16_384 * kMegabyte)).toBe('512 MB of 16.0 GB');
});

test.each([[0, '0 s'], [-3, '0 s'], [59.4, '59 s'], [60, '1 min'], [200, '3 min 20 s'], [7500, '2 h 5 min'], [90_000, '1 d 1 h']])('%d seconds are %s', (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

test.each([[35.2, '35 ms'], [1200, '1.2 s'], [125_000, '2 min 5 s']])('%d ms are %s', (ms, words) => {
  expect(took(ms)).toBe(words);
});

test('A reason or an incident of a later version is shown as it is', () => {
  expect(reason('moon_phase')).toBe('moon phase');
  const mark = { id: '', at: 0, instance: '', kind: 'moon_rose', body: {} };
  expect(describeMark(mark)).toBe('moon rose');
  expect(kindOf(mark)).toBe('trouble');
});

test('An incident with members missing is told all the same', () => {
  for (const kind of ['started', 'stopped', 'relief_walked', 'worker_recycled', 'level_changed', 'restart_recommended', 'run_preempted', 'kernel_kill', 'leak_found', 'fragmentation']) {
    expect(describeMark({ id: '', at: 0, instance: '', kind, body: {} })).not.toMatch(/undefined|NaN/);
  }
});

test.each([
  ['started', { recovered_runs: 1 }, 'The server started and took up 1 unfinished run'],
  ['started', { recovered_runs: 2 }, 'The server started and took up 2 unfinished runs'],
  ['relief_walked', { freed: 40 * kMegabyte, took_ms: 12, actions: ['trim_workers', 'own_allocator'] }, 'Gave back 40 MB in 12 ms (trim workers, own allocator)'],
  ['relief_walked', { freed: 0, took_ms: 1, actions: [] }, 'Gave back 0 MB in 1 ms'],
  ['worker_recycled', { worker: 2, mode: 'retire', reason: 'growth', freed: 9 * kMegabyte }, 'Worker 2 retired: growth, 9 MB to win'],
  ['restart_recommended', { reason: 'recycling is useless' }, 'A restart is recommended: recycling is useless'],
])('What happened is told in words: %s %j', (kind, body, words) => {
  expect(describeMark({ id: '', at: 0, instance: '', kind, body })).toBe(words);
});

test('A time of the day has its seconds', () => {
  expect(clock(Date.parse('2026-01-01T12:00:07'))).toBe('12:00:07');
});
