import { describe, expect, it } from 'vitest';
import type { Delivery, Problem, Queue, Run, RunView } from '@holdfast/client';
import { answerText, count, duration, endingWords, progressWords, queueWords, sourceWords, timingWords } from '../src/view/words.ts';

function run(more: Partial<Run> = {}): Run {
  return { run_id: 'r', thread_id: 't', status: 'completed', prompt: 'q', attempt: 1, created_at: 0, started_at: null, finished_at: null, delivered_at: null, ...more };
}
const view = (more: Partial<RunView> = {}): RunView => ({ status: 'running', attempt: 1, steps: [], text: '', ...more });
const queue = (more: Partial<Queue> = {}): Queue => ({ position: null, reason: 'memory', estimate_seconds: null, ...more });
const delivery = (more: Partial<Delivery>) => more as Delivery;
const problem = (status: number, more: Partial<Problem> = {}): Problem => ({ status, title: 'Refused', detail: '', ...more });

describe('figures', () => {
  it.each([[12.4, '12 ms'], [1250, '1.3 s'], [185_000, '3 min 5 s']])('%d ms are %s', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });

  it('one is not many', () => {
    expect([count(1, 'row'), count(2000, 'row'), count(2, 'query', 'queries')]).toEqual(['1 row', '2,000 rows', '2 queries']);
  });
});

describe('a run in line', () => {
  it.each([
    [queue(), 'Waiting for memory'],
    [queue({ position: 1 }), 'Waiting for memory · next in line'],
    [queue({ position: 3, estimate_seconds: 20, detail: '40 MB free' }), 'Waiting for memory · number 3 in line · about 20 s expected · 40 MB free'],
    [queue({ reason: 'moon_phase' as Queue['reason'] }), 'Waiting'],
  ])('says what it waits for, and as much as is known: %#', (place, words) => {
    expect(queueWords(place)).toBe(words);
  });
});

describe('a run that has not ended', () => {
  it.each([
    [view(), undefined, 'Working'],
    [view({ attempt: 2 }), undefined, 'Working, attempt 2'],
    [view({ status: 'sending' }), undefined, 'Sending…'],
    [view({ status: 'queued' }), undefined, 'Waiting for a worker'],
    [view({ status: 'queued', queue: queue() }), undefined, 'Waiting for memory'],
    [view(), delivery({ cancelWanted: true, trouble: {} }), 'Stopping…'],
    [view(), delivery({ trouble: { problem: problem(503) } }), 'Not taken yet: Refused The question is kept here and sent again.'],
    [view(), delivery({ trouble: { problem: problem(503, { detail: 'The queue is full.' }) } }), 'Not taken yet: The queue is full. The question is kept here and sent again.'],
    [view(), delivery({ trouble: {}, accepted: true }), 'The connection is lost. The server keeps the question and its answer; reconnecting…'],
    [view(), delivery({ trouble: {}, accepted: false }), 'The server cannot be reached. The question is kept in this browser and sent again…'],
  ])('says how it stands: %#', (at, way, words) => {
    expect(progressWords(at, way)).toBe(words);
  });
});

describe('an end', () => {
  it('with an answer needs no words, and none needs none', () => {
    expect(endingWords(run(), undefined)).toBeUndefined();
    expect(endingWords(undefined, undefined)).toBeUndefined();
  });

  it.each([
    ['cancelled', 'Stopped'],
    ['expired', 'Waited too long'],
    ['failed', 'The analysis failed'],
  ] as const)('that is %s says so', (status, title) => {
    expect(endingWords(run({ status }), undefined)).toMatchObject({ title, detail: '' });
  });

  it('says why', () => {
    expect(endingWords(run({ status: 'failed', error: { code: 'internal', message: 'no such table' } }), undefined)?.detail).toBe('no such table');
  });

  it('of a refused question says what to do, also for a reason that is not known', () => {
    expect(endingWords(undefined, problem(422, { detail: 'too long' }))).toEqual({ title: 'Refused', detail: 'too long', advice: 'Change the question and ask again.' });
    expect(endingWords(run(), problem(418))?.advice).toBe('Ask again in a while.');
  });
});

describe('the small print', () => {
  it('tells what was measured, and leaves out what was not or does not matter', () => {
    expect(timingWords(run())).toBe('');
    expect(timingWords(run({ usage: { timing_ms: { run: 40, queued: 99, journal: 0 } } }))).toBe('40 ms at work');
    const all = run({ attempt: 2, usage: { timing_ms: { run: 40, queued: 100, journal: 3 }, cache: { hit: true } } as Run['usage'] });
    expect(timingWords(all)).toBe('40 ms at work · 100 ms in line · 3 ms to make it durable · attempt 2 · the answer to an equal question');
  });
});

describe('the answer', () => {
  it.each([
    ['a text', 'a text'],
    [{ result: 'of ours' }, 'of ours'],
    [{ response: 'of another' }, 'of another'],
    [{ rows: 1 }, '{\n  "rows": 1\n}'],
    [42, '42'],
  ])('of any backend is shown: %j', (result, text) => {
    expect(answerText(run({ result }))).toBe(text);
  });

  it('says where it is from, as far as that is known', () => {
    const source = { table: 'gapminder', description: 'Life expectancy.', licence: 'CC BY 4.0', origin: '' };
    expect(sourceWords({ sources: [{ ...source, rows_used: 1 }, source, { ...source, rows_used: 0 }] }).map(({ name }) => name)).toEqual(['gapminder, 1 row', 'gapminder', 'gapminder']);
    expect(sourceWords({ sources: [source] })[0]?.about).toBe('Life expectancy · CC BY 4.0');
    expect(sourceWords({ datasets_used: ['OBY01', 7] })).toEqual([{ name: 'OBY01', about: '' }]);
    expect(sourceWords({})).toEqual([]);
  });
});
