/** The answer of the built-in worker. Another backend's answer may lack any of this, or be something else altogether. */

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

/** Undefined for an answer that is no object. */
export function resultOf(result: unknown): RunResult | undefined {
  return result && typeof result === 'object' ? (result as RunResult) : undefined;
}
