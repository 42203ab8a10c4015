/** How far a run has come on its way to this client. Plain values: it is told to other tabs as it is. */

import type { RestBounds } from './backoff.ts';
import type { Problem, Run } from './protocol.ts';
import { kNewRun, viewOf, type RunView } from './run_view.ts';

/** What there is to do. `following` is `streaming` or `holding`, or `checking` now and then. */
export type Errand = 'posting' | 'checking' | 'following' | 'cancelling' | 'acknowledging';

export type Phase =
  | Exclude<Errand, 'following'> // checking: asking how the run stands
  | 'streaming' // from behind `cursor`
  | 'holding' // a poll that the server holds while nothing is newer than `etag`
  | 'resting' // within `bounds`, then `errand`
  | 'watching' // another tab follows the run and tells this one
  | 'answered' // terminal, not shown yet
  | 'settled';

/** Why nothing moves just now: the server refused the question for now, or is not reached; the run may well go on there. */
export interface Trouble {
  problem?: Problem;
}

/**
 * How the answer came: in the response to the question, by the event stream, by a long poll, from the journal (it was
 * there when the client asked how the run stands), or from another tab.
 */
export type Via = 'direct' | 'stream' | 'poll' | 'journal' | 'other-tab';

export interface Delivery {
  readonly runId: string;
  phase: Phase;
  turn: number;
  errand?: Errand;
  bounds?: RestBounds;
  /** Asked from this client, so it may be posted again. */
  owned: boolean;
  /** False: another tab talks to the server about this run, or it is not known yet which one does. */
  leads?: boolean;
  /** Shown here, and to be acknowledged by the tab that leads. */
  wasShown?: boolean;
  /** How often the server did not know a run that it had taken. */
  unknowns: number;
  accepted: boolean;
  /** The user looks at it. Only then it holds a connection: a browser has six for all tabs of one origin. */
  isShown: boolean;
  /** In a row. */
  failures: number;
  /** Streams that broke without bringing anything; from `kStreamLossLimit` on polls take their place for good. */
  streamLosses: number;
  cursor: string;
  etag: string;
  /** The user has asked to stop; true until the server has heard it. */
  cancelWanted?: boolean;
  trouble?: Trouble;
  /** Something broke, or took so long, that the run was asked for by its id. */
  recovered?: boolean;
  via?: Via;
  /** The last word when there is no run to show: refused, gone, not ours. */
  refusal?: Problem;
  view: RunView;
}

/** Before `begin` (a new question) or `resume` (kept from earlier, or found in a list: then with `run`). */
export function newDelivery(runId: string, isShown: boolean, run?: Run): Delivery {
  return {
    runId,
    phase: 'watching',
    turn: 0,
    owned: !run,
    unknowns: 0,
    accepted: !!run,
    isShown,
    failures: 0,
    streamLosses: 0,
    cursor: '',
    etag: '',
    view: run ? viewOf(run) : kNewRun,
  };
}

/** The answer is still there for whoever signs in again. */
export function needsLogin({ refusal }: Delivery): boolean {
  return /^40[13]$/.test(`${refusal?.status}`);
}
