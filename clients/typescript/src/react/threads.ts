/**
 * The latest analysis of each thread, for all components of one client. Any number of components may show the same one;
 * what it was outlives those that asked.
 */

import type { Analysis } from '../analysis.ts';
import type { Holdfast } from '../holdfast.ts';

/** Threads of which the latest analysis is remembered after it is settled. */
const kThreads = 100;

export class Threads {
  readonly #latest = new Map<string, Analysis>();
  readonly #listeners = new Set<() => void>();

  constructor(private readonly client: Holdfast) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** The one of `runId`, else the thread's latest. */
  find(threadId: string, runId?: string): Analysis | undefined {
    const known = this.client.analyses.concat(...this.#latest.values());
    if (runId) return known.find(({ id }) => id === runId);
    return this.#latest.get(threadId) ?? known.filter(({ question }) => question.threadId === threadId).at(-1);
  }

  remember(analysis: Analysis): void {
    const { threadId } = analysis.question;
    this.#latest.delete(threadId);
    this.#latest.set(threadId, analysis);
    const [oldest] = this.#latest.keys();
    if (this.#latest.size > kThreads) this.#latest.delete(oldest!);
    this.changed();
  }

  changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
