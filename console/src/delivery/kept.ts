/**
 * Questions whose answer has not been shown yet, kept where a reload or a crash of the browser finds them.
 * One key per run, so that two tabs never overwrite each other.
 */

import type { Question } from './courier.ts';

const kPrefix = 'holdfast.run.';

export class KeptQuestions {
  private readonly memory = new Map<string, Question>();
  /** False: storage is denied or full, and a reload forgets what is under way. */
  durable: boolean;

  constructor(private readonly storage: Storage | undefined) {
    this.durable = storage !== undefined;
  }

  /** Returns only when the question is written down. */
  keep(question: Question): void {
    this.memory.set(question.runId, question);
    try {
      this.storage?.setItem(kPrefix + question.runId, JSON.stringify(question));
    } catch {
      this.durable = false;
    }
  }

  drop(runId: string): void {
    this.memory.delete(runId);
    try {
      this.storage?.removeItem(kPrefix + runId);
    } catch {
      this.durable = false;
    }
  }

  /** Oldest first. What cannot be read is left out. */
  all(): Question[] {
    const found = new Map(this.memory);
    try {
      for (let i = 0; this.storage && i < this.storage.length; i++) {
        const key = this.storage.key(i);
        const question = key?.startsWith(kPrefix) ? parseQuestion(this.storage.getItem(key)) : undefined;
        if (question) found.set(question.runId, question);
      }
    } catch {
      this.durable = false;
    }
    return [...found.values()].sort((a, b) => a.createdAt - b.createdAt);
  }

  /** The question another tab has just kept, when a storage event tells of one. */
  static keptElsewhere(event: StorageEvent): Question | undefined {
    return event.key?.startsWith(kPrefix) ? parseQuestion(event.newValue) : undefined;
  }
}

/** Undefined where the browser denies storage, by exception or by refusing the first write. */
export function openStorage(): Storage | undefined {
  try {
    const storage = window.localStorage;
    storage.setItem('holdfast.probe', '1');
    storage.removeItem('holdfast.probe');
    return storage;
  } catch {
    return undefined;
  }
}

function parseQuestion(text: string | null): Question | undefined {
  if (text === null) return undefined;
  try {
    const q = JSON.parse(text) as Partial<Question>;
    const whole = typeof q.runId === 'string' && typeof q.threadId === 'string' && typeof q.prompt === 'string';
    return whole ? { runId: q.runId!, threadId: q.threadId!, prompt: q.prompt!, createdAt: Number(q.createdAt) || 0 } : undefined;
  } catch {
    return undefined;
  }
}
