/** What is known of a run, folded from whatever arrived first: stream events or the run itself. Pure. */

import { isTerminal, membersOf, type Queue, type Run, type RunStatus } from './protocol.ts';
import type { ServerSentEvent } from './sse.ts';

export interface Step {
  name: string;
  message: string;
  attempt: number;
  /** When it began, by the server's clock; 0 when that is not known. */
  at: number;
}

export interface RunView {
  /** `sending`: the server has not confirmed the run yet. */
  status: RunStatus | 'sending';
  attempt: number;
  queue?: Queue;
  steps: Step[];
  /** The answer as far as it was streamed. */
  text: string;
  /** The whole run, once it is terminal. */
  run?: Run;
}

/** What the data of an event may have, each kind some of it. */
interface EventData extends Run {
  step: string;
  message: string;
  at: number;
  text: string;
}

export const kNewRun: RunView = { status: 'sending', attempt: 0, steps: [], text: '' };

export function viewOf(run: Run): RunView {
  return withRun(kNewRun, run);
}

/** What has ended stays as it ended, whatever is said later. */
export function withRun(view: RunView, run: Run): RunView {
  const { status, attempt, queue } = run;
  return view.run ? view : { ...view, status, attempt, queue, run: isTerminal(status) ? run : undefined };
}

/** Anything that is not understood is skipped: the run itself can always be asked for. */
export function withEvent(view: RunView, { type, data }: ServerSentEvent, runId: string): RunView {
  const body = membersOf<EventData>(data);
  const { status, queue, attempt = view.attempt, step, message = step!, at = 0, text = '' } = body;
  if (view.run) return view;
  if (type === 'progress' && step) {
    return { ...view, status: 'running', queue: undefined, steps: [...view.steps, { name: step, message, attempt, at }] };
  }
  if (type === 'delta') return { ...view, text: view.text + text };
  if (!isTerminal(status)) {
    // A new attempt tells its answer from the beginning.
    return /status|hello|queue/.test(type) && status ? { ...view, status, attempt, queue, text: attempt > view.attempt ? '' : view.text } : view;
  }
  const isWhole = body.run_id === runId && (status !== 'completed' || 'result' in body);
  return type === 'done' && isWhole ? withRun(view, body as Run) : view;
}
