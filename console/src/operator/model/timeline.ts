/** The journal entries of a run as lines for people. Pure. */
import type { Entry } from '../link/actions.ts';
import { count, plain, took } from './words.ts';

export interface TimelineLine {
  seq: number;
  /** Since the run was accepted, ms. */
  since: number;
  /** Until the next line, ms; undefined for the last. */
  lasted: number | undefined;
  attempt: number;
  what: string;
  detail: string;
  tone: 'plain' | 'step' | 'good' | 'bad';
}

/** A run of a thousand steps is shown by its latest. */
export const kMostLines = 300;

/** Checkpoints are left out, and pieces of the answer are one line. */
export function timeline(entries: Entry[]): TimelineLine[] {
  const begun = entries[0]?.at ?? 0;
  const lines: TimelineLine[] = [];
  let pieces = 0;
  for (const entry of entries) {
    if (entry.kind === 'checkpoint') continue;
    const more = entry.kind === 'delta';
    pieces = more ? pieces + 1 : 0;
    const last = lines.at(-1);
    if (more && pieces > 1 && last) {
      last.detail = count(pieces, 'piece');
      continue;
    }
    lines.push({ seq: entry.seq, since: entry.at - begun, lasted: undefined, attempt: entry.attempt, ...words(entry) });
  }
  lines.forEach((line, i) => (line.lasted = i + 1 < lines.length ? lines[i + 1]!.since - line.since : undefined));
  return lines.slice(-kMostLines);
}

function words(entry: Entry): Pick<TimelineLine, 'what' | 'detail' | 'tone'> {
  switch (entry.kind) {
    case 'accepted': return { what: 'Accepted', detail: 'written to the journal', tone: 'plain' };
    case 'started': return { what: `Attempt ${entry.attempt} started`, detail: start(entry), tone: 'plain' };
    case 'progress': return { what: text(entry.message) || plain(text(entry.step)), detail: text(entry.message) ? plain(text(entry.step)) : '', tone: 'step' };
    case 'delta': return { what: 'Writing the answer', detail: '1 piece', tone: 'step' };
    case 'attempt_lost': return { what: `Attempt ${entry.attempt} lost`, detail: text(entry.reason) || text(entry.message) || plain(text(entry.cause)), tone: 'bad' };
    case 'completed': return { what: 'Answered', detail: 'the answer is in the journal', tone: 'good' };
    case 'delivered': return { what: 'Delivered', detail: 'the client has acknowledged it', tone: 'good' };
    case 'failed':
    case 'cancelled':
    case 'expired': return { what: plain(entry.kind).replace(/^./, (c) => c.toUpperCase()), detail: text(entry.message), tone: 'bad' };
    default: return { what: plain(entry.kind), detail: '', tone: 'plain' };
  }
}

function start(entry: Entry): string {
  if (entry.cached_from) return 'with the answer of another run';
  return entry.worker === undefined ? '' : `worker ${entry.worker}, process ${entry.pid}`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function sinceText(ms: number): string {
  return `+${took(ms)}`;
}
