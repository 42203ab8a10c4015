import { expect, test } from 'vitest';
import { apply, begin, kMostMarks, kMostSamples } from '../../src/operator/model/operations.ts';
import type { Mark, WireSample } from '../../src/operator/model/wire.ts';
import { snapshot, world } from './world.ts';

const sample = (at: number): WireSample => [at, 1, 2, 0, 0, 0, 0, 0];
const mark = (id: string, at: number): Mark => ({ id, at, instance: 'one', kind: 'started', body: {} });

test('A change replaces the topics it has and leaves the others', () => {
  const before = world();
  const after = apply(before, { at: 101_000, topics: { routes: [], server: { ...before.topics.server!, completed: 9 } } }, 100_500);
  expect(after.topics.server?.completed).toBe(9);
  expect(after.topics.database).toBe(before.topics.database);
  expect(after.skew).toBe(500);
});

test('Samples and marks are bounded, and no mark is there twice', () => {
  let state = world();
  for (let i = 0; i < kMostSamples + 5; i++) state = apply(state, { at: 0, topics: {}, samples: [sample(100_000 + i)] }, 0);
  expect(state.samples.length).toBe(kMostSamples);
  expect(state.samples.at(-1)?.[0]).toBe(100_000 + kMostSamples + 4);
  for (let i = 0; i < kMostMarks + 5; i++) state = apply(state, { at: 0, topics: {}, marks: [mark(`m${i}`, i), mark(`m${i}`, i)] }, 0);
  expect(state.marks.length).toBe(kMostMarks);
  expect(new Set(state.marks.map(({ id }) => id)).size).toBe(kMostMarks);
});

test('After a restart of the server what was seen before it stays, and what it knows better replaces it', () => {
  const before = apply(world(), { at: 0, topics: {}, samples: [sample(105_000), sample(106_000)], marks: [mark('a', 5)] }, 0);
  const after = begin(before, snapshot({ samples: [sample(106_000), sample(110_000)], marks: [mark('b', 9), mark('a', 5)] }), 0);
  expect(after.samples.map(([at]) => at)).toEqual([99_000, 105_000, 106_000, 110_000]);
  expect(after.marks.map(({ id }) => id)).toEqual(['a', 'b']);
});

test('A snapshot for somebody who is no administrator has their runs and no more', () => {
  const { samples, marks, settings, instance, levels, ...least } = snapshot({ admin: false, topics: {} });
  expect(begin(undefined, least, 0)).toMatchObject({ samples: [], marks: [], settings: [], instance: '', topics: {} });
});

test('Marks stand in the order of their times, also when an older one comes late', () => {
  const state = apply(apply(world(), { at: 0, topics: {}, marks: [mark('late', 9)] }, 0), { at: 0, topics: {}, marks: [mark('early', 3)] }, 0);
  expect(state.marks.map(({ id }) => id)).toEqual(['early', 'late']);
});
