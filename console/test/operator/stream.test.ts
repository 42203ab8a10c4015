import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventCutter, kLargestEvent } from '../../src/operator/link/events.ts';
import { restMs } from '../../src/operator/link/feed.ts';

test('Events are the same wherever the text is cut', () => {
  const text = 'retry: 2000\n\nevent: snapshot\ndata: {"a":"ž"}\n\n: hb\n\nevent: change\ndata: {}\n\n';
  const whole = new EventCutter().feed(text);
  expect(whole).toEqual([{ type: 'snapshot', data: '{"a":"ž"}' }, { type: 'change', data: '{}' }]);
  fc.assert(fc.property(fc.array(fc.nat(text.length)), (cuts) => {
    const cutter = new EventCutter();
    const places = [0, ...cuts.sort((a, b) => a - b), text.length];
    expect(places.slice(1).flatMap((place, i) => cutter.feed(text.slice(places[i], place)))).toEqual(whole);
  }));
});

test('An event that does not end is given up', () => {
  const cutter = new EventCutter();
  expect(() => cutter.feed('x'.repeat(kLargestEvent + 1))).toThrow('too large');
});

test('Rests grow, have an upper bound, and are never nothing', () => {
  fc.assert(fc.property(fc.nat(1000), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
    const rest = restMs(failures, random);
    expect(rest).toBeGreaterThanOrEqual(250);
    expect(rest).toBeLessThanOrEqual(15_000);
    expect(restMs(failures + 1, 0)).toBeGreaterThanOrEqual(restMs(failures, 0));
  }));
});
