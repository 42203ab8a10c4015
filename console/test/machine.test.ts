import { describe, expect, it } from 'vitest';
import { newDelivery, step, type Command, type Delivery, type DeliveryEvent } from '../src/delivery/machine.ts';
import type { Problem, Run, RunStatus } from '../src/delivery/protocol.ts';

function run(status: RunStatus): Run {
  const times = { created_at: 0, started_at: null, finished_at: null, delivered_at: null };
  return { run_id: 'r1', thread_id: 't1', status, prompt: 'q', attempt: 1, ...times, ...(status === 'completed' && { result: { result: 'a' } }) };
}
const problem = (status: number): Problem => ({ status, title: 't', detail: 'd' });
const message = (type: string, data: unknown, id = '1') =>
  ({ kind: 'message', message: { type, id, data: JSON.stringify(data) } }) as const;

/** A conversation: what happens, and what the machine wants done. */
class Conversation {
  state: Delivery;
  constructor(owned = true) {
    this.state = newDelivery(owned, 'shown');
  }
  on(event: DeliveryEvent): Command | undefined {
    const stepped = step(this.state, event);
    this.state = stepped.state;
    return stepped.command;
  }
  all(...events: DeliveryEvent[]): this {
    for (const event of events) this.on(event);
    return this;
  }
}
const asked = () => new Conversation().all({ kind: 'begin' });
const following = () => asked().all({ kind: 'accepted', run: run('queued') });

describe('a run on a good day', () => {
  const hello = { kind: 'hello', message: { type: 'hello', id: '', data: '{}' } } as const;

  it('is posted, followed, shown, acknowledged, forgotten', () => {
    const c = new Conversation();
    expect(c.on({ kind: 'begin' })).toEqual({ op: 'post' });
    expect(c.on({ kind: 'accepted', run: run('queued') })).toEqual({ op: 'stream', after: '' });
    expect(c.on(hello)).toBeUndefined();
    expect(c.on(message('progress', { step: 'schema', message: 'Reading' }, '4'))).toBeUndefined();
    expect(c.state.view.steps).toEqual([{ name: 'schema', message: 'Reading', attempt: 1, at: 0 }]);
    expect(c.on(message('done', run('completed'), '9'))).toEqual({ op: 'idle' });
    expect(c.state.phase).toBe('answered');
    expect(c.on({ kind: 'shown' })).toEqual({ op: 'acknowledge' });
    expect(c.on({ kind: 'acknowledged' })).toEqual({ op: 'idle' });
    expect(c.state.phase).toBe('settled');
  });

  it('knows its place in the line from the greeting, and from a glimpse while the stream is silent', () => {
    const c = following();
    const queue = (position: number) => ({ position, reason: 'workers_busy', estimate_seconds: null });
    c.on({ kind: 'hello', message: { type: 'hello', id: '', data: JSON.stringify({ status: 'queued', queue: queue(3) }) } });
    expect(c.state.view.queue?.position).toBe(3);
    expect(c.on({ kind: 'glimpsed', run: { ...run('queued'), queue: queue(2) } })).toBeUndefined();
    expect(c.state.view.queue?.position).toBe(2);
  });

  it('is shown from the answer to the post when it is finished already', () => {
    const c = asked();
    expect(c.on({ kind: 'accepted', run: run('completed') })).toEqual({ op: 'idle' });
    expect(c.state.view.run?.result).toEqual({ result: 'a' });
  });

  it('is asked for when the last event is too big to carry it', () => {
    expect(following().on(message('done', { run_id: 'r1', status: 'completed' }))).toEqual({ op: 'poll', etag: '', hold: false });
  });
});

describe('a connection that breaks', () => {
  it('posts the same run again when the post is lost', () => {
    const c = asked();
    expect(c.on({ kind: 'lost' })?.op).toBe('rest');
    expect(c.state.trouble).toEqual({ kind: 'reconnecting' });
    expect(c.on({ kind: 'rested' })).toEqual({ op: 'post' });
  });

  it('looks how the run stands after a lost stream, then resumes it where it broke', () => {
    const c = following().all(message('progress', {}, '5'), { kind: 'lost' });
    expect(c.on({ kind: 'rested' })).toEqual({ op: 'poll', etag: '', hold: false });
    expect(c.on({ kind: 'polled', run: run('running'), etag: '"5"', tookMs: 3 })).toEqual({ op: 'stream', after: '5' });
    expect(c.state.trouble).toBeUndefined();
  });

  it('takes the answer from whichever way brings it first', () => {
    const c = following().all({ kind: 'lost' }, { kind: 'rested' });
    c.on({ kind: 'polled', run: run('completed'), etag: '"9"', tookMs: 3 });
    expect(c.state.phase).toBe('answered');
  });

  it('polls for good when the stream is held back', () => {
    const c = following();
    expect(c.on({ kind: 'hello_late' })).toEqual({ op: 'poll', etag: '', hold: true });
    expect(c.on({ kind: 'polled', run: run('running'), etag: '"3"', tookMs: 900 })).toEqual({ op: 'poll', etag: '"3"', hold: true });
    expect(c.on({ kind: 'unchanged', tookMs: 25_000 })).toEqual({ op: 'poll', etag: '"3"', hold: true });
  });

  it('polls for good when streams keep breaking without bringing anything', () => {
    const c = following();
    for (let i = 0; i < 2; i++) {
      c.all({ kind: 'lost' }, { kind: 'rested' });
      expect(c.on({ kind: 'polled', run: run('running'), etag: '', tookMs: 1 })?.op).toBe('stream');
    }
    c.all({ kind: 'lost' }, { kind: 'rested' });
    expect(c.on({ kind: 'polled', run: run('running'), etag: '', tookMs: 900 })).toEqual({ op: 'poll', etag: '', hold: true });
  });

  it('does not spin when the server does not hold a poll', () => {
    const c = following().all({ kind: 'hello_late' });
    expect(c.on({ kind: 'unchanged', tookMs: 5 })).toEqual({ op: 'rest', bounds: { floorMs: 2000, spreadMs: 0 } });
  });

  it('never gives up, and never rests longer than a quarter of a minute by itself', () => {
    const c = following();
    for (let i = 0; i < 200; i++) {
      const rest = c.on({ kind: 'lost' });
      expect(rest).toMatchObject({ op: 'rest' });
      if (rest?.op === 'rest') expect(rest.bounds.spreadMs).toBeLessThanOrEqual(15_000);
      expect(c.on({ kind: 'rested' })).toEqual({ op: 'poll', etag: '', hold: false });
    }
  });
});

describe('a server that was restarted', () => {
  it('is given the run again under its id when it does not know it', () => {
    const c = following().all({ kind: 'lost' }, { kind: 'rested' });
    expect(c.on({ kind: 'refused', problem: problem(404) })).toEqual({ op: 'post' });
  });

  it('is not given a run that was asked elsewhere', () => {
    const c = new Conversation(false).all({ kind: 'resume' }, { kind: 'lost' }, { kind: 'rested' });
    c.on({ kind: 'refused', problem: problem(404) });
    expect(c.state).toMatchObject({ phase: 'settled', refusal: { status: 404 } });
  });

  it('asks again when it is in trouble over a run it has taken', () => {
    const c = following().all({ kind: 'lost' }, { kind: 'rested' });
    const internal = { ...problem(500), retryable: false };
    expect(c.on({ kind: 'refused', problem: internal })?.op).toBe('rest');
    expect(c.on({ kind: 'rested' })).toEqual({ op: 'poll', etag: '', hold: false });
  });
});

describe('a refusal', () => {
  it('waits as long as the server asked, and says why', () => {
    const c = asked();
    const refusal = { kind: 'refused', problem: problem(503), retryAfterMs: 5000 } as const;
    expect(c.on(refusal)).toEqual({ op: 'rest', bounds: { floorMs: 5000, spreadMs: 1000 } });
    expect(c.state.trouble).toEqual({ kind: 'refused', problem: problem(503) });
    expect(c.on({ kind: 'woke' })).toBeUndefined();
    expect(c.on({ kind: 'rested' })).toEqual({ op: 'post' });
  });

  it('of the question itself is final', () => {
    const c = asked();
    c.on({ kind: 'refused', problem: problem(422) });
    expect(c.state).toMatchObject({ phase: 'settled', refusal: { status: 422 } });
    expect(c.on({ kind: 'rested' })).toBeUndefined();
  });
});

describe('waking up', () => {
  it('ends a rest at once', () => {
    expect(asked().all({ kind: 'lost' }).on({ kind: 'woke' })).toEqual({ op: 'post' });
  });

  it('opens the stream again, because a sleeping socket may be dead without a word', () => {
    expect(following().all(message('progress', {}, '3')).on({ kind: 'woke' })).toEqual({ op: 'stream', after: '3' });
  });
});

describe('a run nobody looks at', () => {
  it('holds no connection, is looked at now and then, and streams again when it is shown', () => {
    const c = following();
    expect(c.on({ kind: 'attention', to: 'background' })?.op).toBe('rest');
    expect(c.on({ kind: 'rested' })).toEqual({ op: 'poll', etag: '', hold: false });
    expect(c.on({ kind: 'polled', run: run('running'), etag: '"2"', tookMs: 1 })).toEqual({ op: 'rest', bounds: { floorMs: 5_000, spreadMs: 0 } });
    expect(c.on({ kind: 'attention', to: 'shown' })?.op).toBe('stream');
  });

  it('is not acknowledged before somebody has seen it', () => {
    const c = following().all({ kind: 'attention', to: 'background' }, { kind: 'rested' });
    c.on({ kind: 'polled', run: run('completed'), etag: '', tookMs: 1 });
    expect(c.state.phase).toBe('answered');
    expect(c.on({ kind: 'woke' })).toBeUndefined();
  });
});

describe('stopping', () => {
  it('stops, then waits for the server to say so', () => {
    const c = following();
    expect(c.on({ kind: 'cancel' })).toEqual({ op: 'cancel' });
    expect(c.on({ kind: 'cancel_taken' })).toEqual({ op: 'poll', etag: '', hold: false });
    c.on({ kind: 'polled', run: run('cancelled'), etag: '', tookMs: 1 });
    expect(c.state.view.run?.status).toBe('cancelled');
  });

  it('shows the answer when it was there first', () => {
    const c = following().all({ kind: 'cancel' });
    expect(c.on({ kind: 'refused', problem: problem(409) })).toEqual({ op: 'poll', etag: '', hold: false });
  });

  it('ends here when the question never reached the server', () => {
    const c = asked().all({ kind: 'lost' }, { kind: 'cancel' });
    c.on({ kind: 'refused', problem: problem(404) });
    expect(c.state).toMatchObject({ phase: 'settled', view: { status: 'cancelled' } });
  });

  it('is tried again when it is lost', () => {
    const c = following().all({ kind: 'cancel' }, { kind: 'lost' });
    expect(c.on({ kind: 'rested' })).toEqual({ op: 'cancel' });
  });
});

describe('the acknowledgement', () => {
  it('is tried again when it is lost, and given up when the run is gone', () => {
    const c = following().all(message('done', run('completed')), { kind: 'shown' }, { kind: 'lost' });
    expect(c.on({ kind: 'rested' })).toEqual({ op: 'acknowledge' });
    c.on({ kind: 'refused', problem: problem(404) });
    expect(c.state.phase).toBe('settled');
  });
});
