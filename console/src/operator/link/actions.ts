/** What an administrator does to the server, and what it reports, in words. */
import { count, size, took } from '../model/words.ts';
import { send } from './key.ts';

/** What else it has depends on its kind. */
export interface Entry {
  seq: number;
  at: number;
  attempt: number;
  kind: string;
  [member: string]: unknown;
}

export interface RunDetail {
  run_id: string;
  thread_id: string;
  status: string;
  prompt: string;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
  delivered_at: number | null;
  attempt: number;
  error?: { message?: string };
  usage?: { memory?: Record<string, number | string>; timing_ms?: Record<string, number> };
}

async function ask<T>(method: string, path: string): Promise<T> {
  const response = await send(path, { method });
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (!response.ok) throw new Error(typeof body.detail === 'string' ? body.detail : `The server answered ${response.status}.`);
  return body as T;
}

export async function relieve(): Promise<string> {
  const report = await ask<{ returned_bytes: number; pause_ms: number; observe_only: boolean }>('POST', '/admin/relieve');
  if (report.observe_only) return 'Nothing was done: memory.mode is observe.';
  return `Gave back ${size(report.returned_bytes)} in ${took(report.pause_ms)}.`;
}

export async function clearCache(): Promise<string> {
  const report = await ask<{ entries: number; returned_bytes: number }>('POST', '/admin/clear-cache');
  return `Forgot ${count(report.entries, 'answer')}: ${size(report.returned_bytes)}.`;
}

export async function resetPool(): Promise<string> {
  const report = await ask<{ status: string; replaced: number }>('POST', '/admin/reset-pool');
  if (report.status === 'nothing_to_reset') return 'This journal is a file: it has no connections.';
  if (report.status === 'under_way') return `Replaced ${count(report.replaced, 'connection')} so far; the others follow when their work is done.`;
  return `Replaced ${count(report.replaced, 'connection')}; no work was cut.`;
}

export async function cancelRun(id: string): Promise<string> {
  await ask('POST', `/v1/runs/${encodeURIComponent(id)}/cancel`);
  return 'The run is cancelled.';
}

export function readRun(id: string): Promise<RunDetail> {
  return ask('GET', `/v1/runs/${encodeURIComponent(id)}`);
}

export async function readTimeline(id: string): Promise<Entry[]> {
  return (await ask<{ entries: Entry[] }>('GET', `/v1/runs/${encodeURIComponent(id)}/timeline`)).entries;
}
