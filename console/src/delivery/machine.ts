/**
 * The way of one run to this page, whatever breaks in between. Pure: an event in, a new state and at most one
 * command out. A command replaces the one under way. Courier carries them out.
 *
 * Invariants:
 *   - A run is posted again only under its own id, and only when the server says that it does not know it.
 *   - No path ends in waiting for nothing: every phase but `answered` and `settled` has a command or a timer.
 *   - Losing a connection is never a failure of the run.
 */

import { restBounds, type RestBounds } from './backoff.ts';
import { isTerminal, type Problem, type Run } from './protocol.ts';
import { kNewRun, viewOf, withEvent, withRun, type RunView } from './run_view.ts';
import type { ServerSentEvent } from './sse.ts';

export type Phase =
  | 'posting'
  | 'streaming'
  | 'polling'
  | 'cancelling'
  | 'resting'
  | 'answered' // terminal, not shown yet
  | 'acknowledging'
  | 'settled';

/** What a rest ends with. `check` is a poll without waiting. */
export type Errand = 'post' | 'check' | 'follow' | 'cancel' | 'acknowledge';

export type Command =
  | { op: 'post' }
  | { op: 'stream'; after: string }
  | { op: 'poll'; etag: string; hold: boolean }
  | { op: 'cancel' }
  | { op: 'acknowledge' }
  | { op: 'rest'; bounds: RestBounds }
  | { op: 'idle' };

export type DeliveryEvent =
  | { kind: 'begin' }
  | { kind: 'resume' }
  | { kind: 'accepted'; run: Run }
  | { kind: 'refused'; problem: Problem; retryAfterMs?: number }
  | { kind: 'lost' }
  | { kind: 'hello'; message: ServerSentEvent }
  | { kind: 'hello_late' }
  | { kind: 'message'; message: ServerSentEvent }
  | { kind: 'stream_ended' }
  /** The run was looked at beside the stream, for its place in the line. */
  | { kind: 'glimpsed'; run: Run }
  | { kind: 'polled'; run: Run; etag: string; tookMs: number }
  | { kind: 'unchanged'; tookMs: number }
  | { kind: 'rested' }
  | { kind: 'woke' }
  | { kind: 'attention'; to: Attention }
  | { kind: 'cancel' }
  | { kind: 'cancel_taken' }
  | { kind: 'shown' }
  | { kind: 'acknowledged' };

/** Only what the user looks at holds a connection: a browser has six for all tabs of one origin. */
export type Attention = 'shown' | 'background';

/** Why nothing moves just now. The run itself may well go on at the server. */
export type Trouble = { kind: 'reconnecting' } | { kind: 'refused'; problem: Problem };

export interface Delivery {
  phase: Phase;
  errand: Errand;
  /** The server asked for this rest; waking up early would be impolite. */
  restIsOrdered: boolean;
  /** Asked from this browser, so it may be posted again. */
  owned: boolean;
  accepted: boolean;
  attention: Attention;
  streamUsable: boolean;
  failures: number;
  streamLosses: number;
  cursor: string;
  etag: string;
  /** The user has asked to stop; true until the server has heard it. */
  cancelWanted: boolean;
  trouble?: Trouble;
  /** The last word when there is no run to show: refused, gone, not ours. */
  refusal?: Problem;
  view: RunView;
}

export interface Stepped {
  state: Delivery;
  command?: Command;
}

/** A stream that breaks this often without bringing anything is cut by something in between. */
const kStreamLossLimit = 3;
/** A run nobody looks at: late by this much is not noticed. */
const kBackgroundMs = 5_000;
/** A long poll that returns this fast was not held; asking again at once would spin. */
const kNotHeldMs = 500;
const kNotHeldRestMs = 2_000;

/** Before `begin` (a new question) or `resume` (kept from earlier, or found in a list: then with `run`). */
export function newDelivery(owned: boolean, attention: Attention, run?: Run): Delivery {
  return {
    phase: 'resting',
    errand: 'follow',
    restIsOrdered: false,
    owned,
    accepted: run !== undefined,
    attention,
    streamUsable: true,
    failures: 0,
    streamLosses: 0,
    cursor: '',
    etag: '',
    cancelWanted: false,
    view: run ? viewOf(run) : kNewRun,
  };
}

export function step(state: Delivery, event: DeliveryEvent): Stepped {
  if (state.phase === 'settled') return { state };
  switch (event.kind) {
    case 'begin':
      return go(state, 'post');
    case 'resume':
      return state.view.run ? answered(state, state.view.run) : go(state, 'follow');
    case 'accepted':
      return arrived(calm({ ...state, accepted: true }), event.run, 'follow');
    case 'refused':
      return refused(state, event.problem, event.retryAfterMs);
    case 'lost':
      return lost(state);
    case 'hello':
      return { state: { ...calm(state), view: withEvent(state.view, event.message).view } };
    case 'hello_late':
      return go({ ...state, streamUsable: false }, 'follow');
    case 'message':
      return told(state, event.message);
    case 'stream_ended':
      return streamEnded(state);
    case 'glimpsed':
      return isTerminal(event.run.status) ? { state } : { state: { ...state, view: withRun(state.view, event.run) } };
    case 'polled': {
      const known = calm({ ...state, accepted: true, etag: event.etag });
      return arrived(known, event.run, nextPoll(known, event.tookMs));
    }
    case 'unchanged': {
      const known = calm(state);
      return after(known, nextPoll(known, event.tookMs));
    }
    case 'rested':
      return go(state, state.errand);
    case 'woke':
      return woke(state);
    case 'attention':
      return turned({ ...state, attention: event.to }, state.attention);
    case 'cancel':
      if (state.phase === 'answered' || state.phase === 'acknowledging') return { state };
      return go({ ...state, cancelWanted: true }, 'cancel');
    case 'cancel_taken':
      return go(calm({ ...state, cancelWanted: false }), 'check');
    case 'shown':
      return state.phase === 'answered' ? go(state, 'acknowledge') : { state };
    case 'acknowledged':
      return settled(state);
  }
}

type Next = Errand | { restMs: number };

function go(state: Delivery, errand: Errand): Stepped {
  const cleared = { ...state, restIsOrdered: false };
  switch (errand) {
    case 'post':
      return { state: { ...cleared, phase: 'posting' }, command: { op: 'post' } };
    case 'check':
      return { state: { ...cleared, phase: 'polling' }, command: { op: 'poll', etag: '', hold: false } };
    case 'cancel':
      return { state: { ...cleared, phase: 'cancelling' }, command: { op: 'cancel' } };
    case 'acknowledge':
      return { state: { ...cleared, phase: 'acknowledging' }, command: { op: 'acknowledge' } };
    case 'follow':
      if (state.attention === 'background') return go(state, 'check');
      if (state.streamUsable) {
        return { state: { ...cleared, phase: 'streaming' }, command: { op: 'stream', after: state.cursor } };
      }
      return { state: { ...cleared, phase: 'polling' }, command: { op: 'poll', etag: state.etag, hold: true } };
  }
}

function after(state: Delivery, next: Next): Stepped {
  return typeof next === 'string' ? go(state, next) : rest(state, 'follow', { floorMs: next.restMs, spreadMs: 0 });
}

function rest(state: Delivery, errand: Errand, bounds: RestBounds, restIsOrdered = false): Stepped {
  return { state: { ...state, phase: 'resting', errand, restIsOrdered }, command: { op: 'rest', bounds } };
}

function calm(state: Delivery): Delivery {
  return { ...state, failures: 0, trouble: undefined };
}

function answered(state: Delivery, run: Run): Stepped {
  const next: Delivery = { ...calm(state), phase: 'answered', view: withRun(state.view, run) };
  return { state: next, command: { op: 'idle' } };
}

function settled(state: Delivery, changes: Partial<Delivery> = {}): Stepped {
  return { state: { ...state, trouble: undefined, ...changes, phase: 'settled' }, command: { op: 'idle' } };
}

function arrived(state: Delivery, run: Run, next: Next): Stepped {
  if (isTerminal(run.status)) return answered(state, run);
  return after({ ...state, view: withRun(state.view, run) }, next);
}

function told(state: Delivery, message: ServerSentEvent): Stepped {
  const { view, done } = withEvent(state.view, message);
  const next = { ...calm(state), streamLosses: 0, cursor: message.id || state.cursor, view };
  if (!done) return { state: next };
  return view.run ? answered(next, view.run) : go(next, 'check');
}

/** Ended without `done`: the server is going down, or something in between cut it. See how the run stands. */
function streamEnded(state: Delivery): Stepped {
  const streamLosses = state.streamLosses + 1;
  const next = { ...state, streamLosses, streamUsable: state.streamUsable && streamLosses < kStreamLossLimit };
  return streamLosses === 1 ? go(next, 'check') : rest(next, 'check', restBounds(streamLosses));
}

function nextPoll(state: Delivery, tookMs: number): Next {
  if (state.attention === 'background') return { restMs: kBackgroundMs };
  const heldPoll = !state.streamUsable;
  return heldPoll && tookMs < kNotHeldMs ? { restMs: kNotHeldRestMs } : 'follow';
}

function lost(state: Delivery): Stepped {
  const cutStream = state.phase === 'streaming';
  const streamLosses = state.streamLosses + (cutStream ? 1 : 0);
  const failed: Delivery = {
    ...state,
    failures: state.failures + 1,
    streamLosses,
    streamUsable: state.streamUsable && streamLosses < kStreamLossLimit,
    trouble: { kind: 'reconnecting' },
  };
  return rest(failed, errandOf(state), restBounds(Math.max(failed.failures, streamLosses)));
}

function errandOf(state: Delivery): Errand {
  switch (state.phase) {
    case 'posting':
      return 'post';
    case 'cancelling':
      return 'cancel';
    case 'acknowledging':
      return 'acknowledge';
    default:
      return 'check';
  }
}

function refused(state: Delivery, problem: Problem, retryAfterMs?: number): Stepped {
  if (isPassing(state, problem)) {
    const failures = state.failures + 1;
    const trouble: Trouble = state.accepted ? { kind: 'reconnecting' } : { kind: 'refused', problem };
    const waiting = { ...state, failures, trouble };
    return rest(waiting, errandOf(state), restBounds(failures, retryAfterMs), retryAfterMs !== undefined);
  }
  switch (state.phase) {
    case 'cancelling':
      // Never arrived: there is nothing to stop.
      if (problem.status === 404) return settled(state, { view: { ...state.view, status: 'cancelled' } });
      return go({ ...state, cancelWanted: false }, 'check');
    case 'acknowledging':
      return settled(state);
    case 'streaming':
      if (problem.status === 404 && state.owned) return go({ ...state, accepted: false }, 'post');
      return go({ ...state, streamUsable: false }, 'check');
    case 'polling':
      if (problem.status === 404 && state.owned) return go({ ...state, accepted: false }, 'post');
      return settled(state, { refusal: problem });
    default:
      return settled(state, { refusal: problem });
  }
}

/** Worth trying again by itself. A server in trouble says nothing about a run it has taken. */
function isPassing(state: Delivery, { status, retryable }: Problem): boolean {
  const trouble = status === 0 || status === 408 || status === 429 || status >= 500;
  return state.phase === 'posting' ? (retryable ?? trouble) : trouble;
}

/** Back from sleep, from the back button, or online again: sockets may be dead without a word. */
function woke(state: Delivery): Stepped {
  if (state.phase === 'resting') return state.restIsOrdered ? { state } : go(state, state.errand);
  if (state.phase === 'streaming' || state.phase === 'polling') return go(state, 'follow');
  return { state };
}

function turned(state: Delivery, before: Attention): Stepped {
  if (state.attention === before) return { state };
  const followed = state.phase === 'streaming' || state.phase === 'polling';
  const idling = state.phase === 'resting' && state.errand === 'follow';
  if (state.attention === 'background') {
    return followed ? rest(state, 'follow', { floorMs: kBackgroundMs, spreadMs: 0 }) : { state };
  }
  return followed || idling ? go(state, 'follow') : { state };
}
