/** What the server sends, as far as the client reads it. The shapes come from docs/openapi.yaml. */

import type { components } from './generated/openapi.ts';

type Schemas = components['schemas'];

export type RunStatus = Schemas['RunStatus'];
export type Queue = Schemas['Queue'];
export type Usage = Schemas['Usage'];

/** `result` is what the backend answered: any JSON. */
export interface Run extends Omit<Schemas['Run'], 'result' | 'usage'> {
  result?: unknown;
  usage?: Usage;
}

/** RFC 9457. `status` 0 stands for an answer that Holdfast did not give. */
export interface Problem {
  status: number;
  title: string;
  detail: string;
  retryable?: boolean;
}

export function isTerminal(status: string | undefined): boolean {
  return /^(completed|failed|cancelled|expired)$/.test(status!);
}

/** The members of a JSON object; of anything else, none that the client asks for. */
export function membersOf<T extends object>(text: string | null): Partial<T> {
  try {
    return Object(JSON.parse(text!)) as T;
  } catch {
    return {};
  }
}
