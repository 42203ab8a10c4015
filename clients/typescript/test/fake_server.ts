/**
 * A server for the tests of the client: `fetch` over scripted runs. What it is asked is in `requests`. How a request is
 * lost, held or refused is said by `next`.
 */
import type { Run, RunStatus } from '../src/protocol.ts';

type Fault = (path: string, init: RequestInit) => Response | Promise<Response> | undefined;

export class FakeServer {
  readonly runs = new Map<string, Run>();
  readonly requests: string[] = [];
  readonly tokens: (string | null)[] = [];
  /** The `Last-Event-ID` of each stream that was opened. */
  readonly cursors: (string | null)[] = [];
  /** Asked first; undefined lets the request pass. */
  fault: Fault = () => undefined;
  private readonly streams = new Map<string, Set<ReadableStreamDefaultController<Uint8Array>>>();
  private seq = 0;

  readonly fetch = async (path: string, init: RequestInit): Promise<Response> => {
    const method = init.method ?? 'GET';
    this.requests.push(`${method} ${path}`);
    this.tokens.push(new Headers(init.headers).get('Authorization'));
    init.signal?.throwIfAborted();
    const faulty = this.fault(path, init);
    if (faulty) return abortable(faulty, init.signal);
    return this.answer(method, path, init);
  };

  count(pattern: RegExp): number {
    return this.requests.filter((request) => pattern.test(request)).length;
  }

  /** The worker tells of a step. */
  progress(runId: string, step: string): void {
    const run = this.runs.get(runId)!;
    run.status = 'running';
    this.send(runId, 'progress', { step, message: step, attempt: 1 });
  }

  delta(runId: string, text: string): void {
    this.send(runId, 'delta', { text });
  }

  finish(runId: string, status: RunStatus = 'completed', result: unknown = { result: `answer of ${runId}` }): void {
    const run = this.runs.get(runId)!;
    Object.assign(run, { status, attempt: 1, ...(status === 'completed' ? { result } : { error: { code: 'internal', message: 'it broke' } }) });
    this.send(runId, 'done', run);
    this.endStreams(runId);
  }

  /** A run that somebody asked before. */
  add(runId: string, threadId: string, prompt = 'q', status: RunStatus = 'queued'): Run {
    const times = { created_at: Date.now(), started_at: null, finished_at: null, delivered_at: null };
    const run: Run = { run_id: runId, thread_id: threadId, prompt, status, attempt: 0, ...times };
    this.runs.set(runId, run);
    return run;
  }

  private etagOf({ status }: Run): string {
    return `"${status}.${this.seq}"`;
  }

  private answer(method: string, path: string, init: RequestInit): Response {
    const [, threadId] = /^\/v1\/threads\/([^/]+)\/runs$/.exec(path) ?? [];
    if (threadId && method === 'POST') {
      const { run_id, prompt } = JSON.parse(String(init.body)) as { run_id: string; prompt: string };
      const run = this.runs.get(run_id) ?? this.add(run_id, decodeURIComponent(threadId), prompt);
      return json(run, run.status === 'completed' ? 200 : 202, { ETag: this.etagOf(run) });
    }
    if (path.startsWith('/v1/runs?')) return json({ runs: [...this.runs.values()].filter((run) => run.status === 'completed' && !run.delivered_at) });
    const [, runId = '', verb] = /^\/v1\/runs\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
    const run = this.runs.get(runId);
    if (!run) return json({ title: 'Not found', status: 404, detail: '' }, 404);
    if (verb === 'events') this.cursors.push(new Headers(init.headers).get('Last-Event-ID'));
    if (verb === 'events') return new Response(this.stream(runId, init.signal), { headers: { 'Content-Type': 'text/event-stream' } });
    if (verb === 'ack') {
      run.delivered_at ??= Date.now();
      return new Response(null, { status: 204 });
    }
    if (verb === 'cancel') {
      if (run.status === 'completed') return json({ title: 'Conflict', status: 409, detail: 'it has ended' }, 409);
      this.finish(runId, 'cancelled');
      return json(run, 202);
    }
    const etag = this.etagOf(run);
    if (new Headers(init.headers).get('If-None-Match') === etag) return new Response(null, { status: 304, headers: { ETag: etag } });
    return json(run, 200, { ETag: etag });
  }

  private stream(runId: string, signal: AbortSignal | null | undefined): ReadableStream<Uint8Array> {
    return new ReadableStream({
      start: (controller) => {
        const all = this.streams.get(runId) ?? new Set();
        this.streams.set(runId, all.add(controller));
        signal?.addEventListener('abort', () => {
          all.delete(controller);
          controller.error(signal.reason);
        });
        controller.enqueue(encode('', 'hello', { status: this.runs.get(runId)!.status }));
        if (this.runs.get(runId)!.status === 'completed') {
          controller.enqueue(encode(String(++this.seq), 'done', this.runs.get(runId)));
          controller.close();
        }
      },
    });
  }

  private send(runId: string, type: string, body: unknown): void {
    for (const stream of this.streams.get(runId) ?? []) stream.enqueue(encode(String(++this.seq), type, body));
  }

  /** Every open stream of the run breaks off, as `with`. */
  breakStreams(runId: string, error: unknown): void {
    for (const stream of this.streams.get(runId) ?? []) stream.error(error);
    this.streams.delete(runId);
  }

  /** Every open stream of the run ends, as one does when the server goes down in order. */
  endStreams(runId: string): void {
    for (const stream of this.streams.get(runId) ?? []) stream.close();
    this.streams.delete(runId);
  }

  /** A line that is no event. */
  beat(runId: string): void {
    for (const stream of this.streams.get(runId) ?? []) stream.enqueue(new TextEncoder().encode(': hb\n\n'));
  }

  openStreams(runId: string): number {
    return this.streams.get(runId)?.size ?? 0;
  }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
}

function encode(id: string, type: string, body: unknown): Uint8Array {
  return new TextEncoder().encode(`${id && `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(body)}\n\n`);
}

/** A response that never comes still ends when the request is given up. */
function abortable(response: Response | Promise<Response>, signal: AbortSignal | null | undefined): Promise<Response> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
    Promise.resolve(response).then(resolve, reject);
  });
}

export const never = () => new Promise<Response>(() => undefined);

export class MapStorage implements Storage {
  readonly map = new Map<string, string>();
  full = false;
  get length() {
    return this.map.size;
  }
  key(i: number) {
    return [...this.map.keys()][i] ?? null;
  }
  getItem(key: string) {
    return this.map.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    if (this.full) throw new DOMException('full', 'QuotaExceededError');
    this.map.set(key, value);
  }
  removeItem(key: string) {
    this.map.delete(key);
  }
  clear() {
    this.map.clear();
  }
}
