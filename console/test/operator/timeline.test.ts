import { expect, test } from 'vitest';
import { kMostLines, sinceText, timeline } from '../../src/operator/model/timeline.ts';

const entry = (seq: number, kind: string, at: number, more = {}) => ({ seq, at, attempt: 1, kind, ...more });

test('A run is told from its acceptance to its end, with how long each part lasted', () => {
  const lines = timeline([
    entry(1, 'accepted', 1000),
    entry(2, 'started', 1010, { worker: 2, pid: 77 }),
    entry(3, 'progress', 1020, { step: 'generate_sql', message: 'Writing SQL' }),
    entry(4, 'checkpoint', 1025, { step: 'generate_sql' }),
    entry(5, 'delta', 1030, { text: 'a' }),
    entry(6, 'delta', 1040, { text: 'b' }),
    entry(7, 'completed', 1050),
    entry(8, 'delivered', 1100),
  ]);
  expect(lines.map(({ what, detail, since, lasted }) => [what, detail, since, lasted])).toEqual([
    ['Accepted', 'written to the journal', 0, 10],
    ['Attempt 1 started', 'worker 2, process 77', 10, 10],
    ['Writing SQL', 'generate sql', 20, 10],
    ['Writing the answer', '2 pieces', 30, 20],
    ['Answered', 'the answer is in the journal', 50, 50],
    ['Delivered', 'the client has acknowledged it', 100, undefined],
  ]);
});

test('An end without an answer says why, and a start that needed no worker where its answer is from', () => {
  const lines = timeline([
    entry(1, 'started', 0, { cached_from: 'other' }), entry(2, 'started', 1),
    entry(3, 'failed', 2, { message: 'no such table' }), entry(4, 'cancelled', 3), entry(5, 'expired', 4),
    entry(6, 'attempt_lost', 5, { message: 'died' }), entry(7, 'attempt_lost', 6, { cause: 'lease_lapsed' }),
  ]);
  expect(lines.map(({ what, detail }) => [what, detail])).toEqual([
    ['Attempt 1 started', 'with the answer of another run'], ['Attempt 1 started', ''],
    ['Failed', 'no such table'], ['Cancelled', ''], ['Expired', ''],
    ['Attempt 1 lost', 'died'], ['Attempt 1 lost', 'lease lapsed'],
  ]);
  expect(sinceText(1500)).toBe('+1.5 s');
});

test('A lost attempt says why', () => {
  const [line] = timeline([entry(1, 'attempt_lost', 0, { reason: 'worker 1 was killed by signal 9' })]);
  expect(line).toMatchObject({ what: 'Attempt 1 lost', detail: 'worker 1 was killed by signal 9', tone: 'bad' });
});

test('A run without end is shown by its latest lines, and what is missing is not made up', () => {
  const many = Array.from({ length: 5000 }, (_, i) => entry(i + 1, 'progress', i, { step: `s${i}` }));
  expect(timeline(many).length).toBe(kMostLines);
  expect(timeline(many).at(-1)?.what).toBe('s4999');
  expect(timeline([])).toEqual([]);
  expect(timeline([entry(1, 'moon_rose', 5)])[0]?.what).toBe('moon rose');
});
