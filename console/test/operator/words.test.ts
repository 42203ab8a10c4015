import { expect, test } from 'vitest';
import { describe as describeMark, kindOf } from '../../src/operator/model/marks.ts';
import { duration, reason, size, sizeOf, took } from '../../src/operator/model/words.ts';

const kMegabyte = 1024 * 1024;

test.each([[0, '0 MB'], [-20_000, '0 MB'], [0.34 * kMegabyte, '0.3 MB'], [31 * kMegabyte, '31 MB'], [31.9 * kMegabyte, '31.9 MB'], [309.4 * kMegabyte, '309 MB'], [4096 * kMegabyte, '4,096 MB'], [20_480 * kMegabyte, '20.0 GB'], [-12.5 * kMegabyte, '-12.5 MB']])('%d bytes are %s', (bytes, words) => {
  expect(size(bytes)).toBe(words);
});

test('A share of the limit has one unit', () => {
  expect(sizeOf(429.3 * kMegabyte, 512 * kMegabyte)).toBe('429 of 512 MB');
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
  for (const kind of ['started', 'relief_walked', 'worker_recycled', 'level_changed', 'run_preempted', 'kernel_kill', 'leak_found', 'fragmentation']) {
    expect(describeMark({ id: '', at: 0, instance: '', kind, body: {} })).not.toMatch(/undefined|NaN/);
  }
});
