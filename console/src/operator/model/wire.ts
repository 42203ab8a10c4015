/** What `GET /v1/operations/events` tells (docs/openapi.yaml). Sizes are in bytes, times in milliseconds since 1970. */

export type Level = 'normal' | 'warning' | 'critical' | 'emergency';
export type Outcome = 'completed' | 'failed' | 'cancelled' | 'expired';

/** [at, used, limit, supervisor, workers, running, waiting, level]; null: could not be read. */
export type WireSample = [number, number | null, number | null, number | null, number | null, number, number, number];

export interface Mark {
  id: string;
  at: number;
  instance: string;
  kind: string;
  body: Record<string, unknown>;
}

export interface QueuePlace {
  position: number | null;
  reason: string;
  detail?: string;
  estimate_seconds: number | null;
  needed_bytes?: number;
  free_bytes?: number;
}

export interface LiveRun {
  run_id: string;
  owner: string;
  thread_id: string;
  title: string;
  attempt: number;
  last_seq: number;
  created_at: number;
  started_at?: number | null;
  step?: { name: string; message: string; at: number; count: number } | null;
  worker?: number | null;
  memory?: { grown_bytes: number; predicted_bytes: number } | null;
  queue?: QueuePlace | null;
}

export interface LiveRuns {
  running: LiveRun[];
  waiting: LiveRun[];
  running_count: number;
  waiting_count: number;
}

export interface EndedRun {
  run_id: string;
  owner: string;
  thread_id: string;
  title: string;
  status: Outcome;
  attempt: number;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
  delivered_at: number | null;
  shared: boolean;
  retained_bytes: number | null;
  peak_bytes: number | null;
}

export interface RouteMemory {
  route: string;
  runs: number;
  measured: boolean;
  predicted_bytes: number;
  verdict: 'unknown' | 'load' | 'retention' | 'leak';
  slope_bytes_per_run: number | null;
  last_growth_bytes: number;
  total_growth_bytes: number;
  suspicious_runs: number;
  seconds_to_limit: number | null;
}

export interface Bands {
  resident_bytes: number;
  live_bytes: number | null;
  allocator_held_bytes: number | null;
  runtime_held_bytes: number | null;
  outside_bytes: number | null;
}

export interface WorkerMemory extends Bands {
  index: number;
  pid: number;
  file_bytes: number;
  processes: number;
  floor_bytes: number | null;
  runs: number | null;
  runtime: string | null;
  allocator: string | null;
}

export interface WorkerPlace {
  index: number;
  pid: number;
  state: string;
  run_id: string;
  retiring: boolean;
  starts: number;
}

export interface ReliefAction {
  action: string;
  relieved: number;
  nothing_to_do: number;
  failed: number;
  timed_out: number;
  skipped: number;
  returned_bytes: number;
  pause_ms: number;
  futile: boolean;
}

export interface Topics {
  server: { draining: boolean; consoles: number; connections: number; completed: number; failed: number; cancelled: number; expired: number };
  level: { name: Level; since: number | null; cause: string; readable: boolean; limit_source: string; restart_recommended: boolean; warnings: string[] };
  runs: LiveRuns;
  ended: EndedRun[];
  answers: { undelivered: number; more: boolean; oldest_undelivered_seconds: number | null; oldest_queued_seconds: number | null } | null;
  routes: RouteMemory[];
  workers: { ready: number; crash_loop: boolean; last_failure: string; places: WorkerPlace[]; memory: WorkerMemory[] };
  supervisor: Bands | null;
  admission: { running: number; reserved_bytes: number; unconsumed_bytes: number; head_waits: { reason: string; needed_bytes: number; free_bytes: number } | null } | null;
  relief: { actions: ReliefAction[]; recycled: Record<string, number>; retired: number; preempted: number; kernel_kills: number } | null;
  database: {
    type: string;
    status: 'healthy' | 'degraded' | 'unhealthy';
    error: string;
    read_latency_ms: number | null;
    commits: number;
    writes: number;
    incidents_dropped: number;
    spill: { active: boolean; depth: number; oldest_seconds: number };
    connections: Record<string, number> | null;
  };
  cache: { enabled: boolean; off_because: string | null; entries: number; bytes: number; budget_bytes: number; hits: number; misses: number; shared: number; hit_rate: number | null; evicted: number };
  passing: { open: number; upgraded: number; answered: number; failed: number } | null;
}

export interface Setting {
  key: string;
  value: string;
  origin: string;
  environment: string;
  help: string;
}

export interface Snapshot {
  at: number;
  admin: boolean;
  subject: string;
  version: string;
  started_at: number;
  instance?: string;
  levels?: [number, number, number];
  samples?: WireSample[];
  marks?: Mark[];
  settings?: Setting[];
  topics: Partial<Topics>;
}

export interface Change {
  at: number;
  samples?: WireSample[];
  marks?: Mark[];
  topics: Partial<Topics>;
}
