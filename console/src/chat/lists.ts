/** Reading the lists of the server. Each returns undefined when it cannot be had now. */

import type { Run, Step } from '@holdfast/client';
import { access } from './access.ts';

export interface ThreadSummary {
  thread_id: string;
  title: string;
  latest_at: number;
  run_count: number;
}

async function get<T>(path: string): Promise<T | undefined> {
  try {
    const response = await access.send(path, { cache: 'no-store', signal: AbortSignal.timeout(20_000) });
    return response.ok ? ((await response.json()) as T) : undefined;
  } catch {
    return undefined;
  }
}

export async function fetchThreads(): Promise<ThreadSummary[] | undefined> {
  return (await get<{ threads: ThreadSummary[] }>('/v1/threads'))?.threads;
}

/** Oldest first. */
export async function fetchThreadRuns(threadId: string): Promise<Run[] | undefined> {
  return (await get<{ runs: Run[] }>(`/v1/threads/${encodeURIComponent(threadId)}/runs`))?.runs;
}

/** Answers nobody has seen yet, of all threads. */
export async function fetchUndelivered(): Promise<Run[] | undefined> {
  return (await get<{ runs: Run[] }>('/v1/runs?undelivered=true'))?.runs;
}

interface Entry {
  kind: string;
  at: number;
  attempt: number;
  step?: string;
  message?: string;
}

/** The steps of a run that has ended. */
export async function fetchSteps(runId: string): Promise<Step[] | undefined> {
  const timeline = await get<{ entries: Entry[] }>(`/v1/runs/${runId}/timeline`);
  return timeline?.entries
    .filter((entry) => entry.kind === 'progress')
    .map(({ at, attempt, step = '', message = step }) => ({ name: step, message, attempt, at }));
}

export async function fetchExamples(): Promise<string[] | undefined> {
  const list = await get<unknown>('/initial-followup-prompts');
  return Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : undefined;
}

export async function serverAnswers(): Promise<boolean> {
  try {
    await fetch('/livez', { cache: 'no-store', signal: AbortSignal.timeout(5_000) });
    return true;
  } catch {
    return false;
  }
}
