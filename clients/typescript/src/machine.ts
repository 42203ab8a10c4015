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
import { needsLogin, type Attention, type Delivery, type Errand, type Phase, type Via } from './delivery.ts';
import { isTerminal, type Problem, type Run } from './protocol.ts';
import { withEvent, withRun } from './run_view.ts';
import type { ServerSentEvent } from './sse.ts';

/** A stream that breaks this often without bringing anything is cut by something in between. */
const kStreamLossLimit = 3;
/** A run nobody looks at, or for which no connection is free: late by this much is not noticed. */
const kBackground: RestBounds = { floorMs: 10_000, spreadMs: 0 };
/** A long poll that returns this fast was not held; asking again at once would spin. */
const kNotHeldMs = 500;
const kNotHeld: RestBounds = { floorMs: 2_000, spreadMs: 0 };
const kStrange: Problem = { status: 0, title: 'Not Holdfast: is baseUrl right?', detail: '' };
/** A server that forgets a run this often after taking it will forget it again; each time may cost an execution. */
const kUnknownLimit = 5;

/** What can happen, and what follows from it. */
export const kMoves = {
  begin: (state: Delivery): Delivery => go(state, 'posting', { leads: true }),

  resume: (state: Delivery): Delivery =>
    state.view.run ? answered(state, state.view.run, 'journal', true) : become(state, 'watching', { recovered: true }),

  /** The server said how the run stands: to the question, to the wish to stop, or to a poll that took `tookMs`. */
  run(before: Delivery, run: Run | undefined, etag: string, tookMs: number): Delivery {
    const { phase, via, runId } = before;
    // Of something else than Holdfast; or mixed up on the way, by a cache for instance: the answer of another run is none.
    if (run?.run_id !== runId || !run.status) return refused(before, kStrange);
    const cancelWanted = before.cancelWanted && phase !== 'cancelling';
    const state = calm(before, { accepted: true, etag, cancelWanted, view: withRun(before.view, run) });
    if (via) return run.delivered_at ? settled(state) : go(state, 'acknowledging');
    if (isTerminal(run.status)) return answered(state, run, phase === 'posting' ? 'direct' : phase === 'holding' ? 'poll' : 'journal');
    return phase === 'posting' ? go(state, 'following') : pollAgain(state, tookMs);
  },

  unchanged: (state: Delivery, tookMs: number): Delivery => pollAgain(calm(state), tookMs),

  /** The acknowledgement has arrived. */
  taken: (state: Delivery): Delivery => settled(state),

  refused,

  /** A connection broke, whatever the reason. */
  lost(state: Delivery): Delivery {
    const { phase } = state;
    const next = phase === 'streaming' ? cutStream(state) : state;
    const failures = state.failures + 1;
    // What was lost may have arrived: whoever asks first how the run stands does not send it twice.
    const errand = phase === 'cancelling' ? phase : 'checking';
    const bounds = restBounds(Math.max(failures, next.streamLosses));
    return rest(next, errand, bounds, { recovered: true, failures, trouble: {} });
  },

  message(before: Delivery, message: ServerSentEvent): Delivery {
    // As numbers: told before, by a server that was not asked to go on behind it.
    if (message.id && +message.id <= +before.cursor) return before;
    const { view, done } = withEvent(before.view, message, before.runId);
    const state = calm(before, { view });
    if (message.type === 'hello') return state;
    const next = { ...state, streamLosses: 0, cursor: message.id || state.cursor };
    if (!done) return next;
    return view.run ? answered(next, view.run, 'stream') : go(next, 'checking');
  },

  /** No first event in time: something in between holds the stream back. */
  helloLate: (state: Delivery): Delivery => go(state, 'following', { noStream: true }),

  /** Ended without `done`: the server is going down, or something in between cut it. See how the run stands. */
  streamEnded(state: Delivery): Delivery {
    const next = cutStream(state);
    return next.streamLosses === 1 ? go(next, 'checking') : rest(next, 'checking', restBounds(next.streamLosses));
  },

  /** As many connections are held as may be. */
  crowded: (state: Delivery): Delivery => rest(state, 'checking', kBackground),

  /**
   * The monitor has fired: no answer yet. `alive`: the server was heard a moment ago, so that is only said; else the run
   * is asked for.
   */
  overdue: (state: Delivery, alive: boolean): Delivery =>
    alive || !/posting|streaming/.test(state.phase) ? state : go(state, 'checking', { recovered: true, trouble: {} }),

  rested: (state: Delivery): Delivery => go(state, state.errand!),

  /** Back from sleep, from the back button, or online again: sockets may be dead without a word. */
  woke(state: Delivery): Delivery {
    if (state.attention === 'background') return state;
    // A rest that the server asked for, or that spares it: waking up early would be impolite.
    if (state.phase === 'resting') return state.bounds!.floorMs ? state : go(state, state.errand!);
    return isFollowing(state) ? go(state, 'following') : state;
  },

  attention(before: Delivery, attention: Attention): Delivery {
    if (attention === before.attention) return before;
    const state = { ...before, attention };
    if (!isFollowing(state) && !(state.phase === 'resting' && state.errand === 'following')) return state;
    return attention === 'background' ? rest(state, 'following', kBackground) : go(state, 'following');
  },

  cancel(state: Delivery): Delivery {
    const cancelWanted = true;
    if (isAnswered(state)) return state;
    return state.leads ? go(state, 'cancelling', { cancelWanted }) : { ...state, cancelWanted };
  },

  shown(state: Delivery): Delivery {
    if (state.phase !== 'answered' || state.wasShown) return state;
    return state.leads ? go(state, 'acknowledging') : { ...state, wasShown: true };
  },

  /** This tab leads: it talks to the server about the run. Or another one does. */
  lead(before: Delivery, leads: boolean): Delivery {
    const state = { ...before, leads };
    if (isAnswered(state)) return state.wasShown && leads ? go(state, 'acknowledging') : state;
    if (!leads) return become(state, 'watching');
    return state.phase === 'watching' ? go(state, state.cancelWanted ? 'cancelling' : 'following') : state;
  },

  /** The tab that leads has told how far it is: taken over, but for what is this tab's own. */
  heard(state: Delivery, { phase, accepted, cursor, trouble, view, refusal, recovered }: Delivery): Delivery {
    if (state.leads) return state;
    if (phase === 'settled') return settled(state, { view, refusal, via: state.via ?? 'other-tab' });
    if (isAnswered(state)) return state;
    if (view.run) return answered(state, view.run, 'other-tab', state.recovered || recovered);
    return { ...state, accepted, cursor, trouble, view };
  },

  /** After a refusal for want of a login: the user is known now. */
  signedIn: (state: Delivery): Delivery =>
    needsLogin(state) ? become(state, 'watching', { refusal: undefined, leads: false }) : state,
};

type Details<F> = F extends (state: Delivery, ...details: infer D) => Delivery ? D : never;

/** Something that happened, with its details: `['lost']`, `['overdue', true]`. */
export type Happening = { [K in keyof typeof kMoves]: [K, ...Details<(typeof kMoves)[K]>] }[keyof typeof kMoves];

export function step(state: Delivery, [what, ...details]: Happening): Delivery {
  if (state.phase === 'settled' && what !== 'signedIn') return state;
  return (kMoves[what] as (state: Delivery, ...details: unknown[]) => Delivery)(state, ...details);
}

function isAnswered({ via }: Delivery): boolean {
  return !!via;
}

/** The answer is being looked for, in whichever way. */
function isFollowing({ phase, via }: Delivery): boolean {
  return !via && /streaming|holding|checking/.test(phase);
}

function become(state: Delivery, phase: Phase, changes?: Partial<Delivery>): Delivery {
  return { ...state, ...changes, phase, turn: state.turn + 1 };
}

function go(state: Delivery, errand: Errand, changes?: Partial<Delivery>): Delivery {
  const next = { ...state, ...changes };
  if (errand !== 'following') return become(next, errand);
  return become(next, next.attention === 'background' ? 'checking' : next.noStream ? 'holding' : 'streaming');
}

function rest(state: Delivery, errand: Errand, bounds: RestBounds, changes?: Partial<Delivery>): Delivery {
  return become(state, 'resting', { ...changes, errand, bounds });
}

function calm(state: Delivery, changes?: Partial<Delivery>): Delivery {
  return { ...state, failures: 0, trouble: undefined, ...changes };
}

function answered(state: Delivery, run: Run, via: Via, recovered = state.recovered): Delivery {
  return become(calm(state), 'answered', { via, recovered, view: withRun(state.view, run) });
}

function settled(state: Delivery, changes?: Partial<Delivery>): Delivery {
  return become(calm(state), 'settled', changes);
}

function pollAgain(state: Delivery, tookMs: number): Delivery {
  if (state.attention === 'background') return rest(state, 'following', kBackground);
  return state.noStream && tookMs < kNotHeldMs ? rest(state, 'following', kNotHeld) : go(state, 'following');
}

function cutStream(state: Delivery): Delivery {
  const streamLosses = state.streamLosses + 1;
  return { ...state, recovered: true, streamLosses, noStream: state.noStream || streamLosses >= kStreamLossLimit };
}

function errandOf({ phase }: Delivery): Errand {
  return (/post|cancel|ack/.test(phase) ? phase : 'checking') as Errand;
}

function refused(state: Delivery, problem: Problem, retryAfterMs?: number): Delivery {
  const { phase, accepted } = state;
  const isUnknown = problem.status === 404;
  if (isPassing(state, problem)) {
    const failures = state.failures + 1;
    const trouble = accepted ? {} : { problem };
    return rest(state, errandOf(state), restBounds(failures, retryAfterMs), { failures, trouble });
  }
  if (phase === 'cancelling') {
    // Never arrived: there is nothing to stop.
    if (isUnknown) return settled(state, { view: { ...state.view, status: 'cancelled' } });
    return go(state, 'checking', { cancelWanted: false });
  }
  if (state.via) return settled(state);
  if (isUnknown && state.owned && isFollowing(state)) {
    const unknowns = state.unknowns + (accepted ? 1 : 0);
    const changes = { accepted: false, unknowns };
    if (unknowns < 2) return go(state, 'posting', changes);
    if (unknowns <= kUnknownLimit) return rest(state, 'posting', restBounds(unknowns), changes);
  }
  return phase === 'streaming' ? go(state, 'checking', { noStream: true }) : settled(state, { refusal: problem });
}

/** Worth trying again by itself. A server in trouble says nothing about a run it has taken. */
function isPassing({ phase }: Delivery, { status, retryable }: Problem): boolean {
  const trouble = !status || status === 408 || status === 429 || status >= 500;
  return phase === 'posting' ? (retryable ?? trouble) : trouble;
}
