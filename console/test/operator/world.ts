/** A server in which all is well, for tests of what is made of it. */
import { begin, type Operations } from '../../src/operator/model/operations.ts';
import type { LiveRun, Snapshot, Topics } from '../../src/operator/model/wire.ts';

const kMegabyte = 1024 * 1024;

export function topics(): Topics {
  return {
    server: { draining: false, consoles: 1, connections: 2, completed: 3, failed: 0, cancelled: 0, expired: 0 },
    level: { name: 'normal', since: null, cause: '', readable: true, limit_source: 'setting', restart_recommended: false, warnings: [] },
    runs: { running: [], waiting: [], running_count: 0, waiting_count: 0 },
    ended: [],
    answers: { undelivered: 0, more: false, oldest_undelivered_seconds: null, oldest_queued_seconds: null },
    routes: [],
    workers: { ready: 2, crash_loop: false, last_failure: '', places: [], memory: [] },
    supervisor: null,
    admission: null,
    relief: null,
    database: { type: 'sqlite', status: 'healthy', error: '', read_latency_ms: 0.1, commits: 1, writes: 1, incidents_dropped: 0, spill: { active: false, depth: 0, oldest_seconds: 0 }, connections: null },
    cache: { enabled: false, off_because: 'off', entries: 0, bytes: 0, budget_bytes: 0, hits: 0, misses: 0, shared: 0, hit_rate: null, evicted: 0 },
    passing: null,
  };
}

export function snapshot(part: Partial<Snapshot> = {}): Snapshot {
  return { at: 100_000, admin: true, subject: 'local', version: '1', started_at: 1000, instance: 'one', levels: [0.4, 0.8, 0.9], samples: [[99_000, 128 * kMegabyte, 512 * kMegabyte, 0, 0, 0, 0, 0]], marks: [], settings: [], topics: topics(), ...part };
}

export function world(change: (topics: Topics) => void = () => undefined, part: Partial<Snapshot> = {}): Operations {
  const all = topics();
  change(all);
  return begin(undefined, snapshot({ topics: all, ...part }), 100_000);
}

export function waitsForMemory(): LiveRun {
  return { run_id: 'r', owner: 'local', thread_id: 't', title: 'q', attempt: 0, last_seq: 1, created_at: 0, queue: { position: 1, reason: 'memory', estimate_seconds: null, needed_bytes: 120 * kMegabyte, free_bytes: 40 * kMegabyte } };
}
