import { describe, expect, test } from 'vitest';
import { judge } from '../../src/operator/model/health.ts';
import type { Topics } from '../../src/operator/model/wire.ts';
import { topics as allTopics, waitsForMemory, world } from './world.ts';

const clock = () => '12:00:00';
const of = (change: (topics: Topics) => void) => judge(world(change), undefined, clock);

describe('The sentence', () => {
  test('says that all is well, with the figures behind it', () => {
    const health = of(() => undefined);
    expect(health).toMatchObject({ severity: 'good', sentence: 'All is well.', detail: 'Nothing is running, none waiting, memory at 25 % of 512 MB.' });
  });

  test('names the level when memory is critical, and what the next run lacks', () => {
    const health = of((topics) => {
      topics.level.name = 'critical';
      topics.runs = { running: [], waiting: [waitsForMemory()], running_count: 1, waiting_count: 1 };
    });
    expect(health).toMatchObject({ severity: 'bad', topic: 'critical', sentence: 'Memory is critical: 128 of 512 MB.', detail: '1 run waits: the next needs 120 MB, 40 MB are free.' });
  });

  test('tells of runs that wait for memory at a normal level too', () => {
    const health = of((topics) => (topics.runs = { running: [], waiting: [waitsForMemory()], running_count: 2, waiting_count: 1 }));
    expect(health).toMatchObject({ severity: 'attention', sentence: '1 run waits for memory.' });
  });

  test.each([
    ['an unwritable journal', (topics: Topics) => Object.assign(topics.database, { status: 'unhealthy', error: 'disk full' }), 'bad', /refused/],
    ['a database that is away', (topics: Topics) => Object.assign(topics.database, { status: 'degraded', spill: { active: true, depth: 3, oldest_seconds: 9 } }), 'attention', /nothing is lost/],
    ['a crash loop', (topics: Topics) => Object.assign(topics.workers, { crash_loop: true, last_failure: 'no such file' }), 'bad', /die at start/],
    ['memory that cannot be read', (topics: Topics) => Object.assign(topics.level, { readable: false }), 'bad', /cannot be read/],
    ['a recommended restart', (topics: Topics) => Object.assign(topics.level, { name: 'critical', restart_recommended: true }), 'bad', /although workers were replaced/],
    ['warning', (topics: Topics) => Object.assign(topics.level, { name: 'warning' }), 'attention', /filling/],
    ['a draining server', (topics: Topics) => Object.assign(topics.server, { draining: true }), 'attention', /takes nothing new/],
  ] as const)('tells of %s', (_, change, severity, words) => {
    const health = of(change);
    expect(health.severity).toBe(severity);
    expect(health.sentence).toMatch(words);
  });

  test('tells the worst of several things', () => {
    const health = of((topics) => {
      topics.level.name = 'warning';
      Object.assign(topics.database, { status: 'unhealthy', error: 'disk full' });
    });
    expect(health.topic).toBe('journal');
  });

  test('tells first that nothing is known any more', () => {
    expect(judge(world(), 50_000, clock)).toMatchObject({ severity: 'bad', topic: 'connection', detail: 'What is shown is of 12:00:00. The console keeps trying.' });
  });

  test('is about their own runs for those who are no administrators', () => {
    const own = (topics: Partial<Topics>) => judge(world(() => undefined, { admin: false, topics }), undefined, clock).sentence;
    expect(own({ runs: { running: [], waiting: [], running_count: 1, waiting_count: 2 } })).toBe('Your runs: 1 running, 2 waiting.');
    expect(own({ runs: { running: [], waiting: [], running_count: 0, waiting_count: 0 } })).toBe('None of your runs is under way.');
    expect(own({})).toBe('None of your runs is under way.');
  });

  test('counts what runs and what waits', () => {
    expect(of((topics) => (topics.runs = { running: [], waiting: [], running_count: 2, waiting_count: 3 })).detail).toMatch(/^2 running, 3 waiting, memory/);
    const two = of((topics) => (topics.runs = { running: [], waiting: [waitsForMemory(), waitsForMemory()], running_count: 2, waiting_count: 2 }));
    expect(two).toMatchObject({ sentence: '2 runs wait for memory.', detail: '2 runs wait: the next needs 120 MB, 40 MB are free.' });
  });

  test('makes nothing up where something is not known', () => {
    const without = (topics: Partial<Topics>) => judge(world(() => undefined, { samples: [], topics }), undefined, clock);
    const { level } = allTopics();
    expect(without({})).toMatchObject({ sentence: 'All is well.', detail: '' });
    expect(without({ level })).toMatchObject({ sentence: 'All is well.' });
    expect(without({ level: { ...level, name: 'emergency' } })).toMatchObject({ sentence: 'Memory is emergency.', detail: 'Memory is being given back; new runs go one at a time.' });
    expect(without({ level: { ...level, name: 'warning' } }).sentence).toBe('Memory is filling.');
    expect(judge(world(() => undefined, { samples: [[99_000, null, null, null, null, 0, 0, 0]], topics: {} }), undefined, clock).detail).toBe('');
    const waiting = waitsForMemory();
    delete waiting.queue!.free_bytes;
    const runs = { running: [], waiting: [waiting], running_count: 0, waiting_count: 1 };
    expect(without({ level, runs }).detail).toBe('1 run waits: the next needs 120 MB, 0 MB are free.');
  });

  test('keeps its topic while only figures change, so that nothing is announced again and again', () => {
    const at = (seconds: number) => of((topics) => {
      topics.level.name = 'critical';
      topics.server.completed = seconds;
    }).topic;
    expect(at(1)).toBe(at(2));
  });
});
