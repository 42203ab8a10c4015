/**
 * The latest question of a thread and what became of it. Kept with the client, not in the component: mounting twice, also
 * under StrictMode, shows the same run; unmounting leaves it under way.
 */

import { useCallback, useEffect, useReducer, useSyncExternalStore } from 'react';
import type { Analysis, AnalysisStatus, Answer } from '../analysis.ts';
import type { HoldfastError } from '../errors.ts';
import type { Delivery, Via } from '../delivery.ts';
import type { Queue, Usage } from '../protocol.ts';
import type { Step } from '../run_view.ts';
import { useShared } from './provider.ts';

export interface UseAnalysisOptions {
  threadId: string;
  /** Shows this run; the latest of the thread when it is left out. */
  runId?: string;
}

export interface AnalysisView<Result = unknown> {
  /** Asks, from an event handler; never from an effect. Returns the analysis at once. */
  ask(prompt: string, more?: Record<string, unknown>): Analysis<Result>;
  /** Stops the work. Leaving the page does not. */
  cancel(): void;
  analysis?: Analysis<Result>;
  /** `idle`: nothing was asked. */
  status: AnalysisStatus | 'idle';
  /** What the worker told of its work. */
  progress: Step[];
  /** The answer as far as it was streamed. */
  text: string;
  queue?: Queue;
  answer?: Answer<Result>;
  error?: HoldfastError;
  via?: Via;
  memory?: Usage['memory'];
  /** Since the question, by this machine's clock, once a second; at the end as the server measured it. */
  elapsedMs: number;
}

const nothing = () => undefined;

export function useAnalysis<Result = unknown>({ threadId, runId }: UseAnalysisOptions): AnalysisView<Result> {
  const { client, threads } = useShared();
  const find = () => threads.find(threadId, runId);
  const analysis = useSyncExternalStore(threads.subscribe, find, find) as Analysis<Result> | undefined;

  const subscribe = useCallback((changed: () => void) => analysis?.on('change', changed) ?? nothing, [analysis]);
  const snapshot = useCallback((): Delivery | undefined => analysis?.state, [analysis]);
  const state = useSyncExternalStore(subscribe, snapshot, snapshot);
  const { answer, error } = analysis ?? {};
  const isOpen = !!analysis && !answer && !error;

  // Shown: this component has been drawn with the end of the run.
  useEffect(() => {
    if (state?.phase === 'answered') analysis?.shown();
  }, [analysis, state]);

  // The clock of the page, once a second while it goes on.
  const [, tick] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    if (!isOpen) return undefined;
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, [isOpen]);

  return {
    ask(prompt, more) {
      const asked = client.analyze<Result>({ threadId, prompt, more });
      threads.remember(asked as Analysis);
      return asked;
    },
    cancel: () => analysis?.cancel(),
    analysis,
    status: analysis?.status ?? 'idle',
    progress: state?.view.steps ?? [],
    text: state?.view.text ?? '',
    queue: state?.view.queue,
    answer,
    error,
    via: state?.via,
    memory: answer?.usage?.memory,
    elapsedMs: elapsedMs(analysis, state),
  };
}

function elapsedMs(analysis: Pick<Analysis, 'question'> | undefined, state: Delivery | undefined): number {
  const { finished_at, created_at = 0 } = state?.view.run ?? {};
  if (finished_at) return finished_at - created_at;
  return analysis ? Math.max(0, Date.now() - analysis.question.createdAt) : 0;
}
