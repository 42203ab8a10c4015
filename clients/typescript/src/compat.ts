/**
 * The call of the original chat front end: `POST /analyze` and what it answers, on the race, the recovery and the store of
 * this client. In place of its request, its 30 s monitor and its polling of the thread's messages.
 */

import type { Analysis } from './analysis.ts';
import type { Holdfast } from './holdfast.ts';
import type { components } from './generated/openapi.ts';

/** As the original reads it. Present in every answer: what `docs/openapi.yaml` requires of `AnalyzeAnswer`. */
export type AnalyzeAnswer = Omit<components['schemas']['AnalyzeAnswer'], 'via'> & {
  /** The answer did not come on the way on which it was asked for. */
  recovery_mode: boolean;
};

export interface AnalyzeBody {
  prompt: string;
  thread_id: string;
  run_id?: string;
  [more: string]: unknown;
}

/** Starts the run, or joins the one of `run_id`. `analysis` is there at once: to cancel it, to watch its progress. */
export function analyzeCompatibly(holdfast: Pick<Holdfast, 'analyze'>, body: AnalyzeBody): { analysis: Analysis; answer: Promise<AnalyzeAnswer> } {
  const { prompt, thread_id, run_id, ...more } = body;
  const analysis = holdfast.analyze({ prompt, threadId: thread_id, runId: run_id, more });
  return { analysis, answer: answerOf(analysis) };
}

const kDefaults = {
  queries_and_results: [],
  datasets_used: [],
  top_selection_codes: [],
  sql: null,
  datasetUrl: null,
  top_chunks: [],
  followup_prompts: [],
  iteration: 0,
  max_iterations: 0,
};

async function answerOf(analysis: Analysis): Promise<AnalyzeAnswer> {
  const { result, prompt, run_id, thread_id, usage, finished_at, recovery_mode } = await analysis;
  const members = result && typeof result === 'object' && !Array.isArray(result) ? (result as Record<string, unknown>) : {};
  const text = textOf(result, members);
  const peak = usage?.memory?.peak_bytes ?? 0;
  return {
    ...kDefaults,
    ...members,
    prompt,
    result: text,
    response: text,
    run_id,
    thread_id,
    memory_usage_mb: Math.floor(peak / (1024 * 1024)),
    analysis_completed: true,
    server_status: 'completed',
    timestamp: new Date(finished_at ?? Date.now()).toISOString(),
    usage: usage ?? {},
    recovery_mode,
  };
}

/** Never empty, and chosen as `POST /analyze` chooses it. */
function textOf(result: unknown, members: Record<string, unknown>): string {
  for (const name of ['result', 'response', 'answer', 'final_answer', 'message', 'text']) {
    const text = members[name];
    if (typeof text === 'string' && text !== '') return text;
  }
  if (typeof result === 'string' && result !== '') return result;
  const whole = JSON.stringify(result ?? null);
  return whole === '{}' || whole === 'null' || whole === '""' ? 'The analysis has finished without a text.' : whole;
}
