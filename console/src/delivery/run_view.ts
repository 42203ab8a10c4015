/** What is known of a run, folded from whatever arrived first: stream events or the run itself. Pure. */

import { isTerminal, type Queue, type Run, type RunStatus } from './protocol.ts';
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

export function withRun(view: RunView, run: Run): RunView {
  const next: RunView = { ...view, status: run.status, attempt: run.attempt, queue: run.queue };
  return isTerminal(run.status) ? { ...next, run } : next;
}

export interface Folded {
  view: RunView;
  /** The last event of the stream has come. When it did not carry the run, `view.run` is absent: ask for it. */
  done: boolean;
}

/** Anything that is not understood is skipped: the run itself can always be asked for. */
export function withEvent(view: RunView, event: ServerSentEvent): Folded {
  const body = parseObject(event.data);
  if (!body) return { view, done: event.type === 'done' };
  switch (event.type) {
    case 'hello':
    case 'status': {
      const attempt = typeof body.attempt === 'number' ? body.attempt : view.attempt;
      const queue = body.queue as Queue | undefined;
      const status = body.status as RunStatus;
      if (event.type === 'hello' && (status === undefined || isTerminal(status))) return { view, done: false };
      // A new attempt tells its answer from the beginning.
      const text = attempt > view.attempt ? '' : view.text;
      return { view: { ...view, status, attempt, queue, text }, done: false };
    }
    case 'progress': {
      const attempt = typeof body.attempt === 'number' ? body.attempt : view.attempt;
      const at = typeof body.at === 'number' ? body.at : 0;
      const step = { name: String(body.step ?? ''), message: String(body.message ?? body.step ?? ''), attempt, at };
      return { view: { ...view, status: 'running', queue: undefined, steps: [...view.steps, step] }, done: false };
    }
    case 'delta':
      return { view: { ...view, text: view.text + String(body.text ?? '') }, done: false };
    case 'done':
      return { view: isWholeRun(body) ? withRun(view, body) : view, done: true };
    default:
      return { view, done: false };
  }
}

function isWholeRun(body: Record<string, unknown>): body is Record<string, unknown> & Run {
  return (
    typeof body.run_id === 'string' &&
    isTerminal(body.status as RunStatus) &&
    (body.status !== 'completed' || body.result !== undefined)
  );
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
