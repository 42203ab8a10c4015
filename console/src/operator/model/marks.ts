/** Incidents as marks in the graph of memory: which kinds there are, and each in words. Pure. */
import type { Mark } from './wire.ts';
import { plain, size, took } from './words.ts';

export type MarkKind = 'start' | 'relief' | 'replaced' | 'trouble' | 'level';

const kKinds: Record<string, MarkKind> = {
  started: 'start',
  stopped: 'start',
  relief_walked: 'relief',
  worker_recycled: 'replaced',
  run_preempted: 'trouble',
  kernel_kill: 'trouble',
  restart_recommended: 'trouble',
  recycling_useless: 'trouble',
  leak_found: 'trouble',
  fragmentation: 'trouble',
  level_changed: 'level',
};

export const kMarkNames: Record<MarkKind, string> = {
  start: 'server started',
  relief: 'memory given back',
  replaced: 'worker replaced',
  trouble: 'trouble',
  level: 'level changed',
};

/** Kinds of a later version count as trouble: nobody should miss them. */
export function kindOf(mark: Mark): MarkKind {
  return kKinds[mark.kind] ?? 'trouble';
}

export function describe(mark: Mark): string {
  const { body } = mark;
  switch (mark.kind) {
    case 'started': return startedText(number(body.recovered_runs) ?? 0);
    case 'stopped': return 'The server stopped';
    case 'relief_walked': return `Gave back ${size(number(body.freed) ?? 0)} in ${took(number(body.took_ms) ?? 0)}${actions(body.actions)}`;
    case 'worker_recycled': return `Worker ${body.worker ?? '?'} ${body.mode === 'retire' ? 'retired' : 'replaced'}: ${plain(String(body.reason ?? 'unknown'))}, ${size(number(body.freed) ?? 0)} to win`;
    case 'level_changed': return `Level ${body.from ?? '?'} to ${body.to ?? '?'}: ${body.cause ?? ''}`;
    case 'run_preempted': return `A run was given up in worker ${body.worker ?? '?'} at ${size(number(body.growth) ?? 0)}`;
    case 'kernel_kill': return `The kernel killed worker ${body.worker ?? '?'} for memory`;
    case 'restart_recommended': return `A restart is recommended: ${body.reason ?? ''}`;
    case 'leak_found': return `Leak on ${body.route ?? '?'}: ${size(number(body.bytes_per_run) ?? 0)} a run`;
    case 'fragmentation': return `Fragmentation: ${size(number(body.live) ?? 0)} live of ${size(number(body.resident) ?? 0)}`;
    default: return plain(mark.kind);
  }
}

function startedText(recovered: number): string {
  return recovered === 0 ? 'The server started' : `The server started and took up ${recovered} unfinished ${recovered === 1 ? 'run' : 'runs'}`;
}

function actions(list: unknown): string {
  return Array.isArray(list) && list.length > 0 ? ` (${list.map((name) => plain(String(name))).join(', ')})` : '';
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
