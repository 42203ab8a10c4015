/**
 * The way of one run to this client, whatever breaks in between. Pure: a state and what happened in, a new state out.
 * The phase says what is under way; every new `turn` starts that anew, and what the last one was doing is abandoned.
 * Courier carries it out.
 *
 * Invariants:
 *   - A run is posted again only under its own id, and only when the server refused it for now or says that it does not
 *     know it; the latter a few times at most.
 *   - No path ends in waiting for nothing: every phase but `watching`, `answered` and `settled` ends by itself or by a
 *     timer, and Courier wakes one that watches another tab.
 *   - Losing a connection is never a failure of the run, and neither is time.
 *   - The first terminal answer wins; what comes after it changes nothing.
 */

import { restBounds, type RestBounds } from './backoff.ts';
import { needsLogin, type Delivery, type Errand, type Phase, type Via } from './delivery.ts';
import type { Problem, Run } from './protocol.ts';
import { withEvent, withRun } from './run_view.ts';
import type { ServerSentEvent } from './sse.ts';

/** A stream that breaks this often without bringing anything is cut by something in between. */
const kStreamLossLimit = 3;
/** A run nobody looks at, or for which no connection is free: late by this much is not noticed. */
const kBackground: RestBounds = [10_000, 0];
/** A long poll that returns this fast was not held; asking again at once would spin. */
const kNotHeldMs = 500;
const kNotHeld: RestBounds = [2_000, 0];
const kStrange: Problem = { status: 0, title: 'Not Holdfast: is baseUrl right?', detail: '' };
/** A server that forgets a run this often after taking it will forget it again; each time may cost an execution. */
const kUnknownLimit = 5;

/** What can happen, and what follows from it. */
export const kMoves = {
  begin: (state: Delivery): Delivery => go(state, 'posting', { leads: true }),

  resume: (state: Delivery): Delivery =>
    state.view.run ? answered(state, 'journal', true) : become(state, 'watching', { recovered: true }),

  /** The server said how the run stands: to the question, to the wish to stop, or to a poll that took `tookMs`. */
  run(before: Delivery, run: Partial<Run>, etag: string, tookMs: number): Delivery {
    const { phase, via, runId } = before;
    // Of something else than Holdfast; or mixed up on the way, by a cache for instance: the answer of another run is none.
    if (run.run_id !== runId || !run.status) return refused(before, kStrange);
    const state = calm(before, { accepted: true, etag, cancelWanted: false, view: withRun(before.view, run as Run) });
    if (via) return run.delivered_at ? settled(state) : go(state, 'acknowledging');
    if (state.view.run) return answered(state, phase === 'posting' ? 'direct' : phase === 'holding' ? 'poll' : 'journal');
    return followOn(state, tookMs);
  },

  unchanged: (state: Delivery, tookMs: number): Delivery => followOn(calm(state), tookMs),

  /** The acknowledgement has arrived. */
  taken: (state: Delivery): Delivery => settled(state),

  refused,

  /** A connection broke or has ended, whatever the reason: see how the run stands. */
  lost(state: Delivery): Delivery {
    const streamLosses = state.streamLosses + +(state.phase === 'streaming');
    // What was lost may have arrived: whoever asks first how the run stands does not send it twice.
    const errand = state.phase === 'cancelling' ? state.phase : 'checking';
    return retry(state, errand, { recovered: true, streamLosses, trouble: {} });
  },

  message(state: Delivery, message: ServerSentEvent): Delivery {
    const { id, type } = message;
    // As numbers: told before, by a server that was not asked to go on behind it.
    if (+id && +id <= +state.cursor) return state;
    const view = withEvent(state.view, message, state.runId);
    const told = type === 'hello' ? state : { ...state, streamLosses: 0, cursor: id || state.cursor };
    const next = calm(told, { accepted: true, view });
    if (type !== 'done') return next;
    return view.run ? answered(next, 'stream') : go(next, 'checking');
  },

  /** No first event in time: something in between holds the stream back. */
  helloLate: (state: Delivery): Delivery => go(state, 'following', { streamLosses: kStreamLossLimit }),

  /** As many connections are held as may be. */
  crowded: (state: Delivery): Delivery => rest(state, 'checking', kBackground),

  /** The monitor has fired: no answer yet, and nothing was heard of the server for long. */
  overdue: (state: Delivery): Delivery =>
    /posting|streaming/.test(state.phase) ? go(state, 'checking', { recovered: true, trouble: {} }) : state,

  rested: (state: Delivery): Delivery => go(state, state.errand!),

  /** Back from sleep, from the back button, or online again: sockets may be dead without a word. */
  woke(state: Delivery): Delivery {
    if (!state.isShown) return state;
    // A rest that the server asked for, or that spares it: waking up early would be impolite.
    if (state.phase === 'resting') return state.bounds![0] ? state : go(state, state.errand!);
    return isFollowing(state) ? go(state, 'following') : state;
  },

  /** The user looks at it now, or at something else. */
  look(before: Delivery, isShown: boolean): Delivery {
    if (isShown === before.isShown) return before;
    const state = { ...before, isShown };
    if (!isShown) return isFollowing(state) ? rest(state, 'following', kBackground) : state;
    return state.phase === 'resting' && state.errand === 'following' ? go(state, 'following') : kMoves.woke(state);
  },

  cancel(state: Delivery): Delivery {
    const cancelWanted = true;
    if (state.via) return state;
    return state.leads ? go(state, 'cancelling', { cancelWanted }) : { ...state, cancelWanted };
  },

  shown(state: Delivery): Delivery {
    if (state.phase !== 'answered' || state.wasShown) return state;
    return state.leads ? go(state, 'acknowledging') : { ...state, wasShown: true };
  },

  /** This tab leads: it talks to the server about the run. Or another one does. */
  lead(before: Delivery, leads: boolean): Delivery {
    const state = { ...before, leads };
    if (state.via) return state.wasShown && leads ? go(state, 'acknowledging') : state;
    if (!leads) return become(state, 'watching');
    return state.phase === 'watching' ? go(state, state.cancelWanted ? 'cancelling' : 'following') : state;
  },

  /** The tab that leads has told how far it is: taken over, but for what is this tab's own. */
  heard(state: Delivery, { phase, accepted, cursor, trouble, view, refusal, recovered }: Delivery): Delivery {
    if (state.leads) return state;
    if (phase === 'settled') return settled(state, { view, refusal, via: state.via ?? 'other-tab' });
    if (state.via) return state;
    if (view.run) return answered({ ...state, view }, 'other-tab', state.recovered || recovered);
    return { ...state, accepted, cursor, trouble, view };
  },

  /** After a refusal for want of a login: the user is known now. */
  signedIn: (state: Delivery): Delivery =>
    needsLogin(state) ? become(state, 'watching', { refusal: undefined, leads: false }) : state,
};

type Details<F> = F extends (state: Delivery, ...details: infer D) => Delivery ? D : never;

/** Something that happened, with its details: `['lost']`, `['lead', true]`. */
export type Happening = { [K in keyof typeof kMoves]: [K, ...Details<(typeof kMoves)[K]>] }[keyof typeof kMoves];

export function step(state: Delivery, [what, ...details]: Happening): Delivery {
  if (state.phase === 'settled' && what !== 'signedIn') return state;
  return (kMoves[what] as (state: Delivery, ...details: unknown[]) => Delivery)(state, ...details);
}

/** The answer is being looked for, in whichever way. */
function isFollowing({ phase, via }: Delivery): boolean {
  return !via && /streaming|holding|checking/.test(phase);
}

function become(state: Delivery, phase: Phase, changes?: Partial<Delivery>): Delivery {
  return { ...state, ...changes, phase, turn: state.turn + 1 };
}

function go(before: Delivery, errand: Errand, changes?: Partial<Delivery>): Delivery {
  const state = { ...before, ...changes };
  if (errand !== 'following') return become(state, errand);
  return become(state, !state.isShown ? 'checking' : state.streamLosses < kStreamLossLimit ? 'streaming' : 'holding');
}

function rest(state: Delivery, errand: Errand, bounds: RestBounds, changes?: Partial<Delivery>): Delivery {
  return become(state, 'resting', { ...changes, errand, bounds });
}

/** After a failure. A run that nobody looks at is in no hurry. */
function retry(state: Delivery, errand: Errand, changes: Partial<Delivery>, orderMs?: number): Delivery {
  const failures = state.failures + 1;
  return rest(state, errand, restBounds(state.isShown ? failures : Infinity, orderMs), { ...changes, failures });
}

function calm(state: Delivery, changes?: Partial<Delivery>): Delivery {
  return { ...state, failures: 0, trouble: undefined, ...changes };
}

function answered(state: Delivery, via: Via, recovered = state.recovered): Delivery {
  return become(calm(state), 'answered', { via, recovered });
}

function settled(state: Delivery, changes?: Partial<Delivery>): Delivery {
  return become(calm(state), 'settled', changes);
}

/** The run goes on, as a poll has said that took `tookMs`. */
function followOn(state: Delivery, tookMs: number): Delivery {
  if (state.phase === 'checking' && !state.isShown) return rest(state, 'following', kBackground);
  if (state.phase === 'holding' && tookMs < kNotHeldMs) return rest(state, 'following', kNotHeld);
  return go(state, 'following');
}

function refused(state: Delivery, problem: Problem, orderMs?: number): Delivery {
  const { phase, accepted } = state;
  const { status, retryable } = problem;
  // Worth trying again by itself. A server in trouble says nothing about a run it has taken.
  const isPassing = /^(0|408|429|5..)$/.test(`${status}`);
  if (phase === 'posting' ? (retryable ?? isPassing) : isPassing) {
    const errand = /post|cancel|ack/.test(phase) ? (phase as Errand) : 'checking';
    return retry(state, errand, { trouble: accepted ? {} : { problem } }, orderMs);
  }
  const isUnknown = status === 404;
  if (phase === 'cancelling') {
    // Never arrived: there is nothing to stop.
    if (isUnknown) return settled(state, { view: { ...state.view, status: 'cancelled' } });
    return go(state, 'checking', { cancelWanted: false });
  }
  if (state.via) return settled(state);
  const unknowns = state.unknowns + +accepted;
  if (isUnknown && state.owned && isFollowing(state) && unknowns <= kUnknownLimit) {
    return rest(state, 'posting', restBounds(unknowns), { accepted: false, unknowns });
  }
  return phase === 'streaming' ? go(state, 'checking', { streamLosses: kStreamLossLimit }) : settled(state, { refusal: problem });
}
