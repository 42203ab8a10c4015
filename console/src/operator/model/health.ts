/** The sentence at the top: whether all is well, and if not, what is the matter. Pure. */
import type { Operations } from './operations.ts';
import type { Topics } from './wire.ts';
import { count, percent, size, sizeOf } from './words.ts';

export type Severity = 'good' | 'attention' | 'bad';

export interface Health {
  severity: Severity;
  /** What it is about; changes only when there is something to announce. */
  topic: string;
  sentence: string;
  /** What to do, or the figures behind it. */
  detail: string;
}

/** `lost`: since when there is no connection, in ms since 1970; undefined while there is one. */
export function judge(state: Operations, lost: number | undefined, clock: (at: number) => string): Health {
  if (lost !== undefined) {
    return {
      severity: 'bad',
      topic: 'connection',
      sentence: 'No connection to the server.',
      detail: `What is shown is of ${clock(lost)}. The console keeps trying.`,
    };
  }
  if (!state.admin) return own(state);
  const { topics } = state;
  return worst(topics, state) ?? { severity: 'good', topic: 'well', sentence: 'All is well.', detail: figures(state) };
}

/** Whoever is no administrator is told of their own runs. */
function own({ topics }: Operations): Health {
  const running = topics.runs?.running_count ?? 0;
  const waiting = topics.runs?.waiting_count ?? 0;
  if (running + waiting === 0) return { severity: 'good', topic: 'own', sentence: 'None of your runs is under way.', detail: '' };
  return { severity: 'good', topic: 'own', sentence: `Your runs: ${running} running, ${waiting} waiting.`, detail: '' };
}

function worst(topics: Partial<Topics>, state: Operations): Health | undefined {
  return database(topics) ?? workers(topics) ?? memory(topics, state) ?? server(topics);
}

function database({ database }: Partial<Topics>): Health | undefined {
  if (!database || database.status === 'healthy') return undefined;
  if (database.status === 'unhealthy') {
    return { severity: 'bad', topic: 'journal', sentence: 'Nothing can be written: new runs are refused.', detail: database.error };
  }
  const { depth } = database.spill;
  return {
    severity: 'attention',
    topic: 'database',
    sentence: 'The database is away; nothing is lost.',
    detail: `${count(depth, 'run')} in the local journal. ${database.error}`.trim(),
  };
}

function workers({ workers }: Partial<Topics>): Health | undefined {
  if (!workers?.crash_loop) return undefined;
  return { severity: 'bad', topic: 'workers', sentence: 'Workers die at start again and again.', detail: workers.last_failure };
}

function memory(topics: Partial<Topics>, state: Operations): Health | undefined {
  const { level } = topics;
  if (!level) return undefined;
  if (!level.readable) return { severity: 'bad', topic: 'unreadable', sentence: 'Memory cannot be read.', detail: level.warnings.at(-1) ?? '' };
  const used = usedNow(state);
  if (level.restart_recommended) {
    return { severity: 'bad', topic: 'restart', sentence: `Memory stays ${level.name} although workers were replaced.`, detail: 'Raise memory.limit, or lower runs.max_concurrent.' };
  }
  if (level.name === 'critical' || level.name === 'emergency') {
    return { severity: 'bad', topic: level.name, sentence: `Memory is ${level.name}${used ? `: ${used}` : ''}.`, detail: waits(topics) || 'Memory is being given back; new runs go one at a time.' };
  }
  const waiting = waits(topics);
  if (waiting) return { severity: 'attention', topic: 'waiting', sentence: `${forMemory(topics)} for memory.`, detail: waiting };
  if (level.name === 'warning') return { severity: 'attention', topic: 'warning', sentence: `Memory is filling${used ? `: ${used}` : ''}.`, detail: figures(state) };
  return undefined;
}

/** At least one does. */
function forMemory({ runs }: Partial<Topics>): string {
  const n = runs!.waiting.filter((run) => run.queue?.reason === 'memory').length;
  return n === 1 ? '1 run waits' : `${n} runs wait`;
}

/** What the next run lacks, when it is memory. */
function waits({ runs }: Partial<Topics>): string {
  const first = runs?.waiting.find((run) => run.queue?.reason === 'memory')?.queue;
  if (!runs || first?.needed_bytes === undefined) return '';
  return `${count(runs.waiting_count, 'run waits', 'runs wait')}: the next needs ${size(first.needed_bytes)}, ${size(first.free_bytes ?? 0)} are free.`;
}

function server({ server }: Partial<Topics>): Health | undefined {
  if (!server?.draining) return undefined;
  return { severity: 'attention', topic: 'draining', sentence: 'The server finishes what is running and takes nothing new.', detail: '' };
}

function usedNow({ samples }: Operations): string {
  const [, used, limit] = samples.at(-1) ?? [];
  return used != null && limit != null ? sizeOf(used, limit) : '';
}

function figures(state: Operations): string {
  const { runs } = state.topics;
  const [, used, limit] = state.samples.at(-1) ?? [];
  const parts = [];
  if (runs) parts.push(runs.running_count === 0 ? 'nothing is running' : `${runs.running_count} running`);
  if (runs) parts.push(runs.waiting_count === 0 ? 'none waiting' : `${runs.waiting_count} waiting`);
  if (used != null && limit != null) parts.push(`memory at ${percent(used / limit)} of ${size(limit)}`);
  const text = parts.join(', ');
  return text && `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}
