/** What is known of a run, folded from whatever arrived first: stream events or the run itself. Pure. */

import { isTerminal, parseObject, type Queue, type Run, type RunStatus } from './protocol.ts';
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

export const kNewRun: RunView = { status: 'sending', attempt: 0, steps: [], text: '' };

export function viewOf(run: Run): RunView {
  return withRun(kNewRun, run);
}

/** What has ended stays as it ended, whatever is said later. */
export function withRun(view: RunView, run: Run): RunView {
  if (view.run) return view;
  const next: RunView = { ...view, status: run.status, attempt: run.attempt, queue: run.queue };
  return isTerminal(run.status) ? { ...next, run } : next;
}

export interface Folded {
  view: RunView;
  /** The last event of the stream has come. When it did not carry the run, `view.run` is absent: ask for it. */
  done: boolean;
}

/** Anything that is not understood is skipped: the run itself can always be asked for. */
export function withEvent(view: RunView, { type, data }: ServerSentEvent, runId: string): Folded {
  const body = parseObject(data);
  const done = type === 'done';
  const keep = (changes: Partial<RunView>) => ({ view: { ...view, ...changes }, done });
  if (!body || view.run) return keep({});
  const attempt = Number(body.attempt) || view.attempt;
  const status = body.status as RunStatus;
  if (/status|hello|queue/.test(type) && status && !isTerminal(status)) {
    // A new attempt tells its answer from the beginning.
    return keep({ status, attempt, queue: body.queue as Queue | undefined, ...(attempt > view.attempt && { text: '' }) });
  }
  if (type === 'progress') {
    const { step = '', message = step } = body;
    const next = { name: String(step), message: String(message), attempt, at: Number(body.at) || 0 };
    return keep({ status: 'running', queue: undefined, steps: [...view.steps, next] });
  }
  if (type === 'delta') return keep({ text: view.text + String(body.text ?? '') });
  const isWhole = body.run_id === runId && isTerminal(status) && (status !== 'completed' || 'result' in body);
  return done && isWhole ? { view: withRun(view, body as unknown as Run), done } : keep({});
}
