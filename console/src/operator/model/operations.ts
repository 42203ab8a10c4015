/** What is known of the server, folded from its stream. Pure. */
import type { Change, Mark, Setting, Snapshot, Topics, WireSample } from './wire.ts';

export interface Operations {
  admin: boolean;
  subject: string;
  version: string;
  instance: string;
  startedAt: number;
  /** The server's clock minus ours, in ms: ages are counted by the server's. */
  skew: number;
  levels: [number, number, number];
  samples: WireSample[];
  marks: Mark[];
  settings: Setting[];
  topics: Partial<Topics>;
}

/** As the server keeps them. */
export const kMostSamples = 1800;
export const kMostMarks = 200;
/** Two samples further apart have a gap between them: the server was away. */
export const kGapMs = 5000;

/** A console that comes back keeps what it has seen of before; a new server knows nothing of that. */
export function begin(before: Operations | undefined, all: Snapshot, now: number): Operations {
  const samples = all.samples ?? [];
  const first = samples[0]?.[0] ?? Number.POSITIVE_INFINITY;
  const older = before?.samples.filter((sample) => sample[0] < first) ?? [];
  return {
    admin: all.admin,
    subject: all.subject,
    version: all.version,
    instance: all.instance ?? '',
    startedAt: all.started_at,
    skew: all.at - now,
    levels: all.levels ?? [0.390625, 0.78125, 0.9375],
    samples: latest([...older, ...samples]),
    marks: withMarks(before?.marks ?? [], all.marks ?? []),
    settings: all.settings ?? [],
    topics: all.topics,
  };
}

export function apply(state: Operations, change: Change, now: number): Operations {
  return {
    ...state,
    skew: change.at - now,
    samples: change.samples?.length ? latest([...state.samples, ...change.samples]) : state.samples,
    marks: change.marks?.length ? withMarks(state.marks, change.marks) : state.marks,
    topics: { ...state.topics, ...change.topics },
  };
}

function latest(samples: WireSample[]): WireSample[] {
  return samples.length > kMostSamples ? samples.slice(-kMostSamples) : samples;
}

/** None twice, in order of time. */
function withMarks(marks: Mark[], more: Mark[]): Mark[] {
  const all = new Map([...marks, ...more].map((mark) => [mark.id, mark]));
  return [...all.values()].sort((a, b) => a.at - b.at).slice(-kMostMarks);
}
