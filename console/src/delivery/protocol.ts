/** What the server sends (docs/openapi.yaml), as far as the page reads it. */

export type RunStatus = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'expired';

export interface Queue {
  position: number | null;
  reason: string;
  detail?: string;
  estimate_seconds?: number | null;
}

export type Cell = string | number | boolean | null;

export interface Table {
  columns: string[];
  rows: Cell[][];
  row_count: number;
  truncated: boolean;
}

export interface Source {
  table: string;
  description: string;
  /** Absent when nobody counted them. */
  rows_used?: number;
  licence: string;
  origin: string;
}

/** The answer of the built-in worker. Another backend's answer may lack any of these. */
export interface RunResult {
  result?: string;
  /** False: the question was not understood, or the data does not hold the answer. */
  answered?: boolean;
  response?: string;
  sql?: string;
  table?: Table;
  sources?: Source[];
  datasets_used?: unknown[];
  followup_prompts?: string[];
}

export interface RunError {
  code?: string;
  message?: string;
}

export interface Run {
  run_id: string;
  thread_id: string;
  status: RunStatus;
  prompt: string;
  /** Times are milliseconds since 1970. */
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
  delivered_at: number | null;
  attempt: number;
  queue?: Queue;
  /** A backend of one's own may answer with any JSON. */
  result?: RunResult | string;
  error?: RunError;
  usage?: { timing_ms?: { queued?: number; run?: number; journal?: number }; cache?: { hit: boolean } };
}

/** RFC 9457. `status` 0 stands for an answer that Holdfast did not give. */
export interface Problem {
  status: number;
  title: string;
  detail: string;
  retryable?: boolean;
}

export interface ThreadSummary {
  thread_id: string;
  title: string;
  latest_at: number;
  run_count: number;
}

export function isTerminal(status: RunStatus): boolean {
  return status !== 'queued' && status !== 'running';
}
