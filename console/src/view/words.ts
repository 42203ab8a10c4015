/** What the page says. Pure. */

import type { Delivery, Problem, Queue, Run, RunView } from '@holdfast/client';
import { resultOf, type RunResult, type Source } from '../chat/backend_answer.ts';

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
}

const kQueueReasons: Record<string, string> = {
  starting: 'Starting',
  workers_busy: 'Waiting for a free worker',
  workers_starting: 'Waiting for a worker to start',
  workers_failing: 'Waiting: workers fail to start',
  retry_backoff: 'The attempt was lost; it will be tried again shortly',
  memory: 'Waiting for memory',
  same_question: 'The same question is being answered already',
  at_another_instance: 'Waiting at another server',
};

export function queueWords(queue: Queue): string {
  const parts = [kQueueReasons[queue.reason] ?? 'Waiting'];
  if (queue.position) parts.push(queue.position === 1 ? 'next in line' : `number ${queue.position} in line`);
  if (typeof queue.estimate_seconds === 'number') parts.push(`about ${queue.estimate_seconds} s expected`);
  if (queue.detail) parts.push(queue.detail);
  return parts.join(' · ');
}

/** One sentence for a run that has not ended. */
export function progressWords(view: RunView, delivery: Delivery | undefined): string {
  if (delivery?.cancelWanted) return 'Stopping…';
  if (delivery?.trouble?.problem) {
    const { title, detail } = delivery.trouble.problem;
    return `Not taken yet: ${detail || title} The question is kept here and sent again.`;
  }
  if (delivery?.trouble) {
    return delivery.accepted
      ? 'The connection is lost. The server keeps the question and its answer; reconnecting…'
      : 'The server cannot be reached. The question is kept in this browser and sent again…';
  }
  if (view.status === 'sending') return 'Sending…';
  if (view.status === 'queued') return view.queue ? queueWords(view.queue) : 'Waiting for a worker';
  return view.attempt > 1 ? `Working, attempt ${view.attempt}` : 'Working';
}

export interface Ending {
  title: string;
  detail: string;
  advice: string;
}

/** Why there is no answer, and what to do. Undefined for a run that was answered. */
export function endingWords(run: Run | undefined, refusal: Problem | undefined): Ending | undefined {
  if (refusal) return refusalWords(refusal);
  if (!run || run.status === 'completed') return undefined;
  const detail = run.error?.message ?? '';
  switch (run.status) {
    case 'cancelled':
      return { title: 'Stopped', detail: '', advice: 'Nothing more is being worked on.' };
    case 'expired':
      return { title: 'Waited too long', detail, advice: 'The server was busy for longer than a question may wait. Ask again.' };
    default:
      return {
        title: 'The analysis failed',
        detail,
        advice: 'Ask again. If it fails the same way, put the question differently or show the run number below to whoever runs this server.',
      };
  }
}

function refusalWords({ status, title, detail }: Problem): Ending {
  const advice: Record<number, string> = {
    401: 'Sign in above; the question is kept here and sent again.',
    403: 'Ask whoever runs this server for access.',
    404: 'The server no longer knows this run. Ask again.',
    410: 'The answer was kept for its time and is gone. Ask again.',
    413: 'Make the question shorter.',
    422: 'Change the question and ask again.',
  };
  return { title, detail, advice: advice[status] ?? 'Ask again in a while.' };
}

/** The small print under an answer. */
export function timingWords(run: Run): string {
  const timing = run.usage?.timing_ms;
  const parts: string[] = [];
  if (timing?.run !== undefined) parts.push(`${duration(timing.run)} at work`);
  if (timing?.queued !== undefined && timing.queued >= 100) parts.push(`${duration(timing.queued)} in line`);
  if (timing?.journal) parts.push(`${duration(timing.journal)} to make it durable`);
  if (run.attempt > 1) parts.push(`attempt ${run.attempt}`);
  if (run.usage?.cache?.hit) parts.push('the answer to an equal question');
  return parts.join(' · ');
}

export function answerText(run: Run): string {
  const { result } = run;
  if (typeof result === 'string') return result;
  const { result: text, response } = resultOf(result) ?? {};
  return text ?? response ?? JSON.stringify(result, null, 2);
}

/** The answer without the list of questions that ends it, when the same questions are offered as buttons. */
export function withoutOffers(text: string, offered: readonly string[]): string {
  const lines = text.split('\n');
  let end = lines.length;
  while (end > 0 && lines[end - 1]!.startsWith('- ') && offered.includes(lines[end - 1]!.slice(2))) end--;
  if (end === lines.length || !lines[end - 1]?.endsWith(':')) return text;
  return lines.slice(0, end - 1).join('\n').trimEnd();
}

export interface SourceWords {
  name: string;
  about: string;
}

/** What the answer was taken from. A backend of one's own names data sets at most. */
export function sourceWords(result: RunResult): SourceWords[] {
  if (result.sources?.length) return result.sources.map(wordsOf);
  const names = (result.datasets_used ?? []).filter((name): name is string => typeof name === 'string');
  return names.map((name) => ({ name, about: '' }));
}

function wordsOf({ table, description, rows_used, licence, origin }: Source): SourceWords {
  const name = rows_used !== undefined && rows_used > 0 ? `${table}, ${count(rows_used, 'row')}` : table;
  const parts = [description, origin, licence].filter((text) => text).map((text) => text.replace(/\.$/, ''));
  return { name, about: parts.join(' · ') };
}
