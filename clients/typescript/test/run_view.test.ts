import { describe, expect, it } from 'vitest';
import { kNewRun, withEvent, type RunView } from '../src/run_view.ts';

function fold(...events: [string, unknown][]): RunView {
  return events.reduce((view, [type, body]) => withEvent(view, { id: '', type, data: JSON.stringify(body) }, 'r'), kNewRun);
}

describe('withEvent', () => {
  it('forgets the pieces of an answer whose attempt was lost', () => {
    const view = fold(
      ['status', { status: 'running', attempt: 1 }],
      ['delta', { text: 'In 19' }],
      ['status', { status: 'queued', attempt: 1, queue: { position: 1, reason: 'retry_backoff' } }],
      ['status', { status: 'running', attempt: 2 }],
      ['delta', { text: 'In 1995' }],
    );
    expect(view.text).toBe('In 1995');
    expect(view.queue).toBeUndefined();
  });

  it('skips what it does not understand', () => {
    expect(withEvent(kNewRun, { id: '', type: 'status', data: '{broken' }, 'r')).toBe(kNewRun);
    expect(fold(['novelty', { a: 1 }], ['progress', []])).toEqual(kNewRun);
  });

  it('does not take an answer without its result for whole', () => {
    const done = { id: '', type: 'done', data: '{"run_id":"r","status":"completed","links":{}}' };
    expect(withEvent(kNewRun, done, 'r')).toBe(kNewRun);
  });

  it('feedback on the wrong run: does not take the end of another run for its own', () => {
    const done = { id: '', type: 'done', data: '{"run_id":"other","status":"completed","result":1}' };
    expect(withEvent(kNewRun, done, 'r')).toBe(kNewRun);
  });
});
