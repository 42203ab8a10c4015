import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newDelivery, type Delivery } from '../src/delivery.ts';
import { step, type Happening } from '../src/machine.ts';
import type { Problem, Run, RunStatus } from '../src/protocol.ts';

function run(status: RunStatus, more: Partial<Run> = {}): Run {
  const times = { created_at: 0, started_at: null, finished_at: null, delivered_at: null };
  return { run_id: 'r1', thread_id: 't1', status, prompt: 'q', attempt: 1, ...times, ...(status === 'completed' && { result: { result: 'a' } }), ...more };
}
const problem = (status: number): Problem => ({ status, title: 't', detail: 'd' });
const message = (type: string, data: unknown, id = '1'): Happening => ['message', { type, id, data: JSON.stringify(data) }];
const polled = (status: RunStatus, etag = '', tookMs = 1): Happening => ['run', run(status), etag, tookMs];

/** A conversation: what happens, and what is done then; undefined when what was under way goes on. */
class Conversation {
  state: Delivery;
  constructor(found?: Run) {
    this.state = newDelivery('r1', true, found);
  }
  on(...happening: Happening): Partial<Delivery> | undefined {
    const before = this.state;
    this.state = step(before, happening);
    const { phase, turn, cursor, etag, bounds, errand } = this.state;
    if (turn === before.turn) return undefined;
    if (phase === 'streaming') return { phase, cursor };
    if (phase === 'holding') return { phase, etag };
    return phase === 'resting' ? { phase, errand, bounds } : { phase };
  }
  all(...happenings: Happening[]): this {
    for (const happening of happenings) this.on(...happening);
    return this;
  }
}
const asked = () => new Conversation().all(['begin']);
const following = () => asked().all(polled('queued'));

describe('a run on a good day', () => {
  const hello = message('hello', {}, '');

  it('is posted, followed, shown, acknowledged, forgotten', () => {
    const c = new Conversation();
    expect(c.on('begin')).toEqual({ phase: 'posting' });
    expect(c.on(...polled('queued'))).toEqual({ phase: 'streaming', cursor: '' });
    expect(c.on(...hello)).toBeUndefined();
    expect(c.on(...message('progress', { step: 'schema', message: 'Reading' }, '4'))).toBeUndefined();
    expect(c.state.view.steps).toEqual([{ name: 'schema', message: 'Reading', attempt: 1, at: 0 }]);
    expect(c.on(...message('done', run('completed'), '9'))).toEqual({ phase: 'answered' });
    expect(c.state).toMatchObject({ via: 'stream' });
    expect(c.state.recovered).toBeFalsy();
    expect(c.on('shown')).toEqual({ phase: 'acknowledging' });
    expect(c.on('taken')).toEqual({ phase: 'settled' });
  });

  it('knows its place in the line from the greeting, and from a word without a number', () => {
    const queue = (position: number) => ({ position, reason: 'workers_busy', estimate_seconds: null });
    const c = following().all(message('status', { status: 'queued', attempt: 0, queue: queue(4) }, '1'));
    c.on(...message('hello', { status: 'queued', queue: queue(3) }, ''));
    expect(c.state.view.queue?.position).toBe(3);
    expect(c.on(...message('queue', { status: 'queued', queue: queue(2) }, ''))).toBeUndefined();
    expect(c.state.view.queue?.position).toBe(2);
    expect(c.state.cursor).toBe('1');
  });

  it('is shown from the answer to the post when it is finished already', () => {
    const c = asked();
    expect(c.on(...polled('completed'))).toEqual({ phase: 'answered' });
    expect(c.state.view.run?.result).toEqual({ result: 'a' });
    expect(c.state.via).toBe('direct');
  });

  it('is asked for when the last event is too big to carry it', () => {
    expect(following().on(...message('done', { run_id: 'r1', status: 'completed' }))).toEqual({ phase: 'checking' });
  });
});

describe('a connection that breaks', () => {
  it('asks whether a lost question has arrived, and posts it again only when the server does not know it', () => {
    const c = asked();
    expect(c.on('lost')?.phase).toBe('resting');
    expect(c.state.trouble).toEqual({});
    expect(c.on('rested')).toEqual({ phase: 'checking' });
    expect(c.on('refused', problem(404))).toEqual({ phase: 'resting', errand: 'posting', bounds: [0, 500] });
    expect(c.on('rested')).toEqual({ phase: 'posting' });
  });

  it('follows a question that had arrived, and does not send it twice', () => {
    const c = asked().all(['lost'], ['rested']);
    expect(c.on(...polled('running'))).toEqual({ phase: 'streaming', cursor: '' });
  });

  it('looks how the run stands after a lost stream, then resumes it where it broke', () => {
    const c = following().all(message('progress', {}, '5'), ['lost']);
    expect(c.on('rested')).toEqual({ phase: 'checking' });
    expect(c.on(...polled('running', '"5"', 3))).toEqual({ phase: 'streaming', cursor: '5' });
    expect(c.state.trouble).toBeUndefined();
  });

  it('knows from its stream that the server has a run that was kept here', () => {
    const c = new Conversation().all(['resume'], ['lead', true]);
    expect(c.state.accepted).toBe(false);
    c.on(...message('hello', { status: 'queued' }, ''));
    expect(c.state.accepted).toBe(true);
  });

  it('takes the answer from whichever way brings it first, and says that it was recovered', () => {
    const c = following().all(['lost'], ['rested'], polled('completed'));
    expect(c.state).toMatchObject({ phase: 'answered', via: 'journal', recovered: true });
  });

  it('polls for good when the stream is held back', () => {
    const c = following();
    expect(c.on('helloLate')).toEqual({ phase: 'holding', etag: '' });
    expect(c.on(...polled('running', '"3"', 900))).toEqual({ phase: 'holding', etag: '"3"' });
    expect(c.on('unchanged', 25_000)).toEqual({ phase: 'holding', etag: '"3"' });
    c.on(...polled('completed', '"9"', 900));
    expect(c.state.via).toBe('poll');
  });

  it('polls for good when streams keep breaking without bringing anything', () => {
    const c = following();
    for (let i = 0; i < 2; i++) {
      c.all(['lost'], ['rested']);
      expect(c.on(...polled('running'))?.phase).toBe('streaming');
    }
    c.all(['lost'], ['rested']);
    expect(c.on(...polled('running', '', 900))).toEqual({ phase: 'holding', etag: '' });
  });

  it('polls when the stream is refused', () => {
    expect(following().on('refused', problem(400))).toEqual({ phase: 'checking' });
  });

  it('never gives up, and never rests longer than a quarter of a minute by itself: no endless spinner after retries', () => {
    const c = following();
    for (let i = 0; i < 200; i++) {
      expect(c.on('lost')?.phase).toBe('resting');
      expect(c.state.bounds).toEqual([0, expect.toSatisfy((ms: number) => ms <= 15_000)]);
      expect(c.on('rested')).toEqual({ phase: 'checking' });
    }
    c.on(...polled('completed'));
    expect(c.state.phase).toBe('answered');
  });
});

describe('ids compared as strings', () => {
  it('are compared as numbers: what was told before is passed over, and the stream goes on behind the last', () => {
    const c = following();
    for (const id of ['8', '9', '10', '11']) c.on(...message('delta', { text: `${id} ` }, id));
    expect(c.state).toMatchObject({ cursor: '11', view: { text: '8 9 10 11 ' } });
    for (const id of ['1', '9', '10', '11', '12']) c.on(...message('delta', { text: `${id} ` }, id));
    expect(c.state).toMatchObject({ cursor: '12', view: { text: '8 9 10 11 12 ' } });
    expect(c.all(['lost'], ['rested']).on(...polled('running'))).toEqual({ phase: 'streaming', cursor: '12' });
  });
});

describe('a hot loop', () => {
  it('does not come of a server that does not hold a poll', () => {
    const c = following().all(['helloLate']);
    expect(c.on('unchanged', 5)).toEqual({ phase: 'resting', errand: 'following', bounds: [2000, 0] });
    expect(c.on('rested')?.phase).toBe('holding');
    expect(c.on(...polled('running', '"4"', 5))?.phase, 'also when it has something to say each time').toBe('resting');
  });
});

describe('the monitor', () => {
  it('asks for the run when the question hangs, and goes on without a failure', () => {
    const c = asked();
    expect(c.on('overdue')).toEqual({ phase: 'checking' });
    expect(c.state).toMatchObject({ recovered: true, trouble: {} });
    expect(c.all(['refused', problem(404)]).on('rested')).toEqual({ phase: 'posting' });
  });

  it('asks for the run when the stream is silent', () => {
    expect(following().on('overdue')).toEqual({ phase: 'checking' });
  });

  it('does not hurry what is under way already', () => {
    const c = following().all(['helloLate']);
    expect(c.on('overdue')).toBeUndefined();
    c.all(['lost']);
    expect(c.on('overdue')).toBeUndefined();
  });
});

describe('a server that was restarted', () => {
  it('is given the run again under its id when it does not know it', () => {
    const c = following().all(['lost'], ['rested']);
    expect(c.on('refused', problem(404))).toEqual({ phase: 'resting', errand: 'posting', bounds: [0, 1000] });
    expect(c.on('rested')).toEqual({ phase: 'posting' });
  });

  it('is given it a few times at most, with rests: one that forgets every run would execute each', () => {
    const c = following();
    let posts = 1;
    for (let i = 0; i < 50 && c.state.phase !== 'settled'; i++) {
      c.on('refused', problem(404));
      if (c.state.phase === 'resting') c.on('rested');
      if (c.state.phase !== 'posting') continue;
      posts++;
      c.on(...polled('queued'));
    }
    expect(posts).toBe(6);
    expect(c.state).toMatchObject({ phase: 'settled', refusal: { status: 404 } });
  });

  it('is not given a run that was asked elsewhere', () => {
    const c = new Conversation(run('running')).all(['resume'], ['lead', true], ['lost'], ['rested']);
    c.on('refused', problem(404));
    expect(c.state).toMatchObject({ phase: 'settled', refusal: { status: 404 } });
  });

  it('asks again when it is in trouble over a run it has taken', () => {
    const c = following().all(['lost'], ['rested']);
    expect(c.on('refused', { ...problem(500), retryable: false })?.phase).toBe('resting');
    expect(c.on('rested')).toEqual({ phase: 'checking' });
  });
});

describe('a refusal', () => {
  it('waits as long as the server asked, and says why', () => {
    const c = asked();
    expect(c.on('refused', problem(503), 5000)).toEqual({ phase: 'resting', errand: 'posting', bounds: [5000, 5000] });
    expect(c.state.trouble).toEqual({ problem: problem(503) });
    expect(c.on('woke')).toBeUndefined();
    expect(c.on('rested')).toEqual({ phase: 'posting' });
  });

  it('of the question itself is final', () => {
    const c = asked().all(['refused', problem(422)]);
    expect(c.state).toMatchObject({ phase: 'settled', refusal: { status: 422 } });
    expect(c.on('rested')).toBeUndefined();
  });

  it('of somebody who is not known ends when they are', () => {
    const c = asked().all(['refused', problem(401)]);
    expect(c.state.phase).toBe('settled');
    c.all(['signedIn'], ['lead', true]);
    expect(c.state).toMatchObject({ phase: 'streaming', refusal: undefined });
  });
});

describe('waking up', () => {
  it('ends a rest at once', () => {
    expect(following().all(['lost']).on('woke')).toEqual({ phase: 'checking' });
  });

  it('opens the stream again, because a sleeping socket may be dead without a word', () => {
    expect(following().all(message('progress', {}, '3')).on('woke')).toEqual({ phase: 'streaming', cursor: '3' });
  });

  it('POST repeated on tab switch: never sends a question again', () => {
    const c = asked();
    expect(c.all(['look', false], ['look', true]).on('woke')).toBeUndefined();
    expect(c.state.phase).toBe('posting');
  });
});

describe('a run nobody looks at', () => {
  it('holds no connection, is looked at now and then, and streams again when it is shown', () => {
    const c = following();
    expect(c.on('look', false)?.phase).toBe('resting');
    expect(c.on('rested')).toEqual({ phase: 'checking' });
    expect(c.on(...polled('running', '"2"'))).toEqual({ phase: 'resting', errand: 'following', bounds: [10_000, 0] });
    expect(c.on('look', true)?.phase).toBe('streaming');
  });

  it('is in no hurry when the server is away, until somebody looks', () => {
    const c = following().all(['look', false], ['rested']);
    expect(c.on('lost')).toEqual({ phase: 'resting', errand: 'checking', bounds: [0, 15_000] });
    expect(c.on('look', true)).toEqual({ phase: 'checking' });
  });

  it('is not looked at earlier than the server has asked for, whoever looks', () => {
    const c = following().all(['look', false], ['rested']);
    expect(c.on('refused', problem(503), 5_000)).toEqual({ phase: 'resting', errand: 'checking', bounds: [5_000, 15_000] });
    expect(c.on('look', true)).toBeUndefined();
    expect(c.on('woke')).toBeUndefined();
  });

  it('is not acknowledged before somebody has seen it', () => {
    const c = following().all(['look', false], ['rested'], polled('completed'));
    expect(c.state.phase).toBe('answered');
    expect(c.on('woke')).toBeUndefined();
  });

  it('is looked at now and then also when no connection is free', () => {
    const c = following();
    expect(c.on('crowded')).toEqual({ phase: 'resting', errand: 'checking', bounds: [10_000, 0] });
  });
});

describe('stop that does not stop', () => {
  it('stops: the server says how it ended', () => {
    const c = following();
    expect(c.on('cancel')).toEqual({ phase: 'cancelling' });
    c.on(...polled('cancelled'));
    expect(c.state).toMatchObject({ phase: 'answered', cancelWanted: false, view: { run: { status: 'cancelled' } } });
  });

  it('shows the answer when it was there first', () => {
    const c = following().all(['cancel']);
    expect(c.on('refused', problem(409))).toEqual({ phase: 'checking' });
    c.on(...polled('completed'));
    expect(c.state.view.run?.status).toBe('completed');
  });

  it('ends here when the question never reached the server', () => {
    const c = asked().all(['lost'], ['cancel'], ['refused', problem(404)]);
    expect(c.state).toMatchObject({ phase: 'settled', view: { status: 'cancelled' } });
  });

  it('is tried again when it is lost', () => {
    expect(following().all(['cancel'], ['lost']).on('rested')).toEqual({ phase: 'cancelling' });
  });

  it('stops a run that another tab follows, once this one leads', () => {
    const c = new Conversation().all(['resume'], ['cancel']);
    expect(c.state).toMatchObject({ phase: 'watching', cancelWanted: true });
    expect(c.on('lead', true)).toEqual({ phase: 'cancelling' });
  });
});

describe('the acknowledgement', () => {
  const shown = () => following().all(message('done', run('completed'), '9'), ['shown']);

  it('is made sure of when it is lost: the run says whether it was heard', () => {
    const c = shown().all(['lost'], ['rested']);
    expect(c.state.phase).toBe('checking');
    expect(c.on(...polled('completed'))).toEqual({ phase: 'acknowledging' });
    c.all(['lost'], ['rested'], ['run', run('completed', { delivered_at: 7 }), '', 1]);
    expect(c.state.phase).toBe('settled');
  });

  it('is given up when the run is gone', () => {
    const c = shown().all(['lost'], ['rested']);
    c.on('refused', problem(404));
    expect(c.state.phase).toBe('settled');
    expect(c.state.refusal).toBeUndefined();
  });

  it('of an answer comes once, whatever is told twice', () => {
    const c = shown();
    for (const again of [['shown'], ['woke'], ['cancel'], ['look', false], ['lead', true]] as Happening[]) expect(c.on(...again)).toBeUndefined();
  });
});

describe('several tabs', () => {
  it('one follows the run, the others are told', () => {
    const leader = following().all(message('progress', { step: 's', message: 'm' }, '3'));
    const other = new Conversation().all(['resume'], ['heard', leader.state]);
    expect(other.state).toMatchObject({ phase: 'watching', cursor: '3', view: { steps: [{ name: 's' }] } });
    leader.all(message('done', run('completed'), '9'));
    other.all(['heard', leader.state]);
    expect(other.state).toMatchObject({ phase: 'answered', via: 'other-tab' });
  });

  it('the one that shows it leaves the acknowledgement to the one that leads', () => {
    const leader = following().all(message('done', run('completed'), '9'));
    const other = new Conversation().all(['resume'], ['heard', leader.state]);
    expect(other.on('shown')).toBeUndefined();
    const told = other.state;
    other.on('shown');
    expect(other.state, 'a page that shows it again is not told of a change').toBe(told);
    expect(leader.on('shown')).toEqual({ phase: 'acknowledging' });
    leader.all(['taken']);
    other.all(['heard', leader.state]);
    expect(other.state).toMatchObject({ phase: 'settled', view: { run: { status: 'completed' } } });
  });

  it('an acknowledgement that the tab which led did not make is made by the next', () => {
    const leader = following().all(message('done', run('completed'), '9'));
    const other = new Conversation().all(['resume'], ['heard', leader.state], ['shown']);
    expect(other.on('lead', true)).toEqual({ phase: 'acknowledging' });
  });

  it('one that takes over goes on where the other was', () => {
    const leader = following().all(message('progress', {}, '3'));
    const other = new Conversation().all(['resume'], ['heard', leader.state]);
    expect(other.on('lead', true)).toEqual({ phase: 'streaming', cursor: '3' });
    expect(leader.on('lead', false)).toEqual({ phase: 'watching' });
  });

  it('what has the answer already passes over what it is told until the other one has settled', () => {
    const leader = following().all(message('done', run('completed'), '9'));
    const other = new Conversation().all(['resume'], ['heard', leader.state]);
    expect(other.on('heard', leader.all(['shown']).state)).toBeUndefined();
    expect(other.state.phase).toBe('answered');
  });

  it('one that leads believes itself', () => {
    const c = following();
    expect(c.on('heard', asked().state)).toBeUndefined();
    expect(c.state.phase).toBe('streaming');
  });
});

describe('whatever happens', () => {
  const anything = fc.oneof(
    ...(['lost', 'rested', 'woke', 'cancel', 'shown', 'taken', 'helloLate', 'overdue', 'crowded', 'signedIn', 'resume'] as const).map((what) => fc.constant<Happening>([what])),
    fc.constantFrom<RunStatus>('queued', 'running', 'completed', 'failed', 'cancelled').map((status) => polled(status)),
    fc.constantFrom(401, 404, 409, 422, 429, 500, 503).map((status): Happening => ['refused', problem(status)]),
    fc.boolean().map((lead): Happening => ['lead', lead]),
    fc.boolean().map((isShown): Happening => ['look', isShown]),
    fc.constantFrom<RunStatus>('completed', 'failed').map((status) => message('done', run(status), '')),
  );

  it('the first terminal answer stays, and no phase waits for nothing', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 60 }), (happenings) => {
        const c = asked();
        let first: Run | undefined;
        for (const happening of happenings) {
          c.on(...happening);
          const { phase, view, bounds, refusal, via } = c.state;
          first ??= view.run;
          if (first) expect(view.status).toBe(first.status);
          if (phase === 'resting') expect(bounds).toBeDefined();
          if (phase === 'answered') expect(via).toBeDefined();
          if (phase === 'settled') expect(refusal ?? view.run ?? view.status).toBeTruthy();
        }
      }),
      { numRuns: 2000 },
    );
  });
});
