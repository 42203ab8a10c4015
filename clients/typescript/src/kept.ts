/**
 * Questions whose answer has not been shown yet, kept where a reload or a crash of the browser finds them.
 * One key per run, so that two tabs never overwrite each other.
 */

import { membersOf } from './protocol.ts';

export interface Question {
  runId: string;
  threadId: string;
  prompt: string;
  /** Milliseconds since 1970, by this machine's clock. */
  createdAt: number;
  /** Other members of the request, for the worker. */
  more?: Record<string, unknown>;
}

/** The part of `localStorage` that is used. */
export type KeepingPlace = Pick<Storage, 'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'>;

export interface KeptQuestions {
  /** False: storage is denied or full, and a reload forgets what is under way. */
  durable(): boolean;
  /** Returns only when the question is written down, or `durable` is false. */
  keep(question: Question): void;
  drop(runId: string): void;
  /** Oldest first. What cannot be read is left out. */
  all(): Question[];
  /** The question that an item of the storage is; undefined when it is something else. */
  read(key: string | null, value: string | null): Question | undefined;
}

/** `storage`: `null` for none; undefined for that of the browser, if it gives one. */
export function keptQuestions(storage: KeepingPlace | null | undefined, prefix: string): KeptQuestions {
  const memory = new Map<string, Question>();
  let durable = true;
  const stored = (use: (storage: KeepingPlace) => void) => {
    try {
      // Denied where it is read, full where it is written; without one, `null` throws.
      use((storage === undefined ? localStorage : storage)!);
    } catch {
      durable = false;
    }
  };
  const read: KeptQuestions['read'] = (key, value) => {
    const question = membersOf<Question>(value);
    return key?.startsWith(prefix) && question.prompt ? (question as Question) : undefined;
  };
  stored((place) => place.length);
  return {
    durable: () => durable,
    keep(question) {
      memory.set(question.runId, question);
      stored((place) => place.setItem(prefix + question.runId, JSON.stringify(question)));
    },
    drop(runId) {
      memory.delete(runId);
      stored((place) => place.removeItem(prefix + runId));
    },
    all() {
      const found = new Map(memory);
      stored((place) => {
        for (let i = 0; i < place.length; i++) {
          const key = place.key(i)!;
          const question = read(key, place.getItem(key));
          if (question) found.set(question.runId, question);
        }
      });
      return [...found.values()].sort((a, b) => a.createdAt - b.createdAt);
    },
    read,
  };
}
