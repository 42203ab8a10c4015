import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Holdfast, type HoldfastOptions } from '../src/holdfast.ts';
import { HoldfastError } from '../src/errors.ts';
import { FakeServer, json, MapStorage, never } from './fake_server.ts';

let server: FakeServer;
let storage: MapStorage;
let logged: [string, Record<string, unknown>][];

function client(options: HoldfastOptions = {}): Holdfast {
  const log = (message: string, details: Record<string, unknown>) => void logged.push([message, details]);
  return new Holdfast({ fetch: server.fetch, storage, log, ...options });
}
const question = { threadId: 't1', prompt: 'How many?' };
/** Lets everything happen that needs no time. */
const settle = () => vi.advanceTimersByTimeAsync(0);
const words = () => logged.map(([message]) => message);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'Date', 'performance'] });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  // Some Nodes have Web Locks, some have not: one tab, alone.
  vi.stubGlobal('navigator', {});
  server = new FakeServer();
  storage = new MapStorage();
  logged = [];
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a question', () => {
  it('is written down before it is sent, under an id of version 7', async () => {
    let kept: string[] = [];
    server.fault = () => void (kept = [...storage.map.keys()]);
    const analysis = client().analyze(question);
    expect(analysis.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/);
    expect([...storage.map.keys()]).toEqual([`holdfast.run.${analysis.id}`]);
    await settle();
    expect(kept).toEqual([`holdfast.run.${analysis.id}`]);
  });

  it('is answered, once, and then acknowledged and forgotten here', async () => {
    const analysis = client().analyze<{ result: string }>(question);
    const answers: unknown[] = [];
    analysis.on('answer', (answer) => answers.push(answer.result));
    await settle();
    server.progress(analysis.id, 'schema');
    await settle();
    expect(analysis.status).toBe('running');
    server.finish(analysis.id);
    const answer = await analysis;
    await settle();
    expect(answer).toMatchObject({ run_id: analysis.id, via: 'stream', recovery_mode: false, result: { result: `answer of ${analysis.id}` } });
    expect(answers).toHaveLength(1);
    expect(await analysis).toEqual(answer);
    expect(server.count(/POST .*\/ack/)).toBe(1);
    expect(server.count(/POST .*\/runs$/)).toBe(1);
    expect(storage.map.size).toBe(0);
    expect(logged).toEqual([]);
  });

  it('hands other members to the backend', async () => {
    const bodies: string[] = [];
    server.fault = (_, init) => void bodies.push(String(init.body));
    client().analyze({ ...question, more: { language: 'cs' } });
    await settle();
    expect(JSON.parse(bodies[0]!)).toMatchObject({ prompt: 'How many?', language: 'cs' });
  });

  it('is not acknowledged while nobody has the answer', async () => {
    const analysis = client().analyze(question);
    await settle();
    server.finish(analysis.id);
    await settle();
    expect(analysis.answer).toBeDefined();
    expect(server.count(/\/ack/)).toBe(0);
    expect(storage.map.size).toBe(1);
    await analysis;
    await settle();
    expect(server.count(/\/ack/)).toBe(1);
  });

  it('is not acknowledged by a listener that failed, and its failure is no lost connection', async () => {
    const failures: unknown[] = [];
    const catchIt = (error: unknown) => void failures.push(error);
    process.once('uncaughtException', catchIt);
    const analysis = client().analyze(question);
    analysis.on('answer', () => {
      throw new TypeError('of the page');
    });
    await settle();
    server.finish(analysis.id);
    await settle();
    expect(server.count(/\/ack/)).toBe(0);
    expect(analysis.state.phase).toBe('answered');
    expect(String(failures[0])).toMatch(/of the page/);
  });

  it('by hand: is acknowledged when it was shown', async () => {
    const analysis = client({ acknowledge: 'by-hand' }).analyze(question);
    await settle();
    server.finish(analysis.id);
    await analysis;
    await settle();
    expect(server.count(/\/ack/)).toBe(0);
    analysis.shown();
    analysis.shown();
    await settle();
    expect(server.count(/\/ack/)).toBe(1);
  });

  it('can be followed as an iteration of states that ends with the answer', async () => {
    const analysis = client().analyze(question);
    const seen: string[] = [];
    const loop = (async () => {
      for await (const { view } of analysis) seen.push(`${view.status} ${view.text}`);
    })();
    await settle();
    server.progress(analysis.id, 'a');
    await settle();
    server.delta(analysis.id, 'In ');
    await settle();
    server.delta(analysis.id, '1995');
    await settle();
    server.finish(analysis.id);
    await loop;
    expect(seen[0]).toBe('sending ');
    expect(seen).toContain('running In 1995');
    expect(seen.at(-1)).toBe('completed In 1995');
    await settle();
    expect(server.count(/\/ack/)).toBe(1);
  });

  it('fails as the run failed', async () => {
    const analysis = client().analyze(question);
    const failed = expect(analysis.then()).rejects.toMatchObject({ code: 'failed', message: 'it broke', runId: analysis.id, run: { status: 'failed' } });
    await settle();
    server.finish(analysis.id, 'failed');
    await failed;
    expect(analysis.error).toBeInstanceOf(HoldfastError);
    await settle();
    expect(storage.map.size).toBe(0);
  });

  it('is refused with what the server said', async () => {
    server.fault = () => json({ title: 'Too long', status: 422, detail: 'At most 10000 characters.' }, 422);
    const analysis = client().analyze(question);
    await expect(analysis.then()).rejects.toMatchObject({ code: 'refused', message: 'At most 10000 characters.', problem: { status: 422 } });
    expect(analysis.status).toBe('refused');
  });
});

describe('StrictMode double run', () => {
  it('asking again under the same id joins, and sends nothing', async () => {
    const holdfast = client();
    const runId = '01890a5d-ac96-774b-bcce-b302099a8057';
    const first = holdfast.analyze({ ...question, runId });
    expect(holdfast.analyze({ ...question, runId })).toBe(first);
    expect(holdfast.analyze({ ...question, runId: runId.toUpperCase() })).toBe(first);
    await settle();
    expect(server.count(/POST/)).toBe(1);
  });
});

describe('leaving and stopping are different verbs', () => {
  it('detach never costs an answer: it is there at the next start', async () => {
    const analysis = client().analyze(question);
    const left = expect(analysis.then()).rejects.toMatchObject({ code: 'detached' });
    await settle();
    analysis.detach();
    await left;
    expect(server.openStreams(analysis.id)).toBe(0);
    expect(server.count(/cancel/)).toBe(0);
    server.finish(analysis.id);
    const [again] = await client().resumeAll();
    expect(await again).toMatchObject({ run_id: analysis.id, recovery_mode: true });
  });

  it('an aborted signal detaches, also one that was aborted before', async () => {
    const leave = new AbortController();
    const analysis = client().analyze({ ...question, signal: leave.signal });
    await settle();
    leave.abort();
    expect(analysis.error).toMatchObject({ code: 'detached' });
    expect(client().analyze({ ...question, signal: leave.signal }).error).toMatchObject({ code: 'detached' });
    await settle();
    expect(server.count(/cancel/)).toBe(0);
  });

  it('stop that does not stop: cancel tells the server, and its word ends the run', async () => {
    const analysis = client().analyze(question);
    const stopped = expect(analysis.then()).rejects.toMatchObject({ code: 'cancelled' });
    await settle();
    analysis.cancel();
    await stopped;
    expect(server.count(/POST .*\/cancel/)).toBe(1);
    expect(server.runs.get(analysis.id)!.status).toBe('cancelled');
  });
});

describe('what breaks', () => {
  // iOS says "Load failed", Chromium "Failed to fetch", undici "terminated"; an abort nobody asked for is one of them.
  const losses = [new TypeError('Load failed'), new TypeError('terminated'), new DOMException('The operation was aborted.', 'AbortError'), new Error('anything')];

  it.each(losses)('is a lost connection by its kind and not by its words: %s', async (loss) => {
    const analysis = client().analyze(question);
    await settle();
    server.breakStreams(analysis.id, loss);
    await settle();
    expect(analysis.status).toBe('recovering');
    server.finish(analysis.id);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await analysis).toMatchObject({ via: 'journal', recovery_mode: true });
    expect(words()).toEqual(['Recovery successful']);
    expect(logged[0]![1]).toMatchObject({ run_id: analysis.id, via: 'journal' });
  });

  it('a lost response: the run is asked for, and the question is not sent twice', async () => {
    let lost = false;
    server.fault = (_, init) => {
      if (init.method !== 'POST' || lost) return undefined;
      lost = true;
      server.add((JSON.parse(String(init.body)) as { run_id: string }).run_id, 't1');
      return Promise.reject(new TypeError('Failed to fetch'));
    };
    const analysis = client().analyze(question);
    await vi.advanceTimersByTimeAsync(5_000);
    server.finish(analysis.id);
    await analysis;
    expect(server.count(/POST .*\/runs$/)).toBe(1);
  });

  it('a question that never arrived is sent again under its id', async () => {
    let lost = false;
    server.fault = () => (lost ? undefined : ((lost = true), Promise.reject(new TypeError('Failed to fetch'))));
    const analysis = client().analyze(question);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.count(/POST/)).toBe(2);
    expect([...server.runs.keys()]).toEqual([analysis.id]);
  });

  it('Timeout Monitor: a question that hangs for 30 s is asked for by its id, shown, and the recovery is told', async () => {
    let hangs = true;
    server.fault = (path, init) => {
      if (!hangs || init.method !== 'POST' || path.endsWith('/ack')) return undefined;
      server.add((JSON.parse(String(init.body)) as { run_id: string }).run_id, 't1');
      return never();
    };
    const analysis = client().analyze(question);
    const monitors: unknown[] = [];
    analysis.on('monitor', (monitor) => monitors.push(monitor));
    await vi.advanceTimersByTimeAsync(29_000);
    expect(analysis.status).toBe('sending');
    await vi.advanceTimersByTimeAsync(1_500);
    expect(monitors).toEqual([{ waitedMs: 30_000, alive: false }]);
    expect(words()).toEqual(['Timeout Monitor']);
    hangs = false;
    server.finish(analysis.id);
    const answer = await analysis;
    expect(answer.recovery_mode).toBe(true);
    expect(words()).toEqual(['Timeout Monitor', 'Recovery successful']);
    expect(server.count(/POST .*\/runs$/)).toBe(1);
  });

  it('Timeout Monitor: while the server is heard it only waits on, asks nothing, and there is no failure ever', async () => {
    const analysis = client().analyze(question);
    const monitors: { alive: boolean }[] = [];
    analysis.on('monitor', (monitor) => monitors.push(monitor));
    await settle();
    const asked = server.requests.length;
    for (let i = 0; i < 60; i++) {
      await vi.advanceTimersByTimeAsync(10_000);
      server.progress(analysis.id, `step ${i}`);
    }
    expect(monitors.map(({ alive }) => alive)).toEqual(Array(20).fill(true));
    expect(server.requests.length).toBe(asked);
    expect(analysis.status).toBe('running');
    server.finish(analysis.id);
    expect(await analysis).toMatchObject({ via: 'stream', recovery_mode: false });
  });

  it('a stream without a word for 25 s is opened again', async () => {
    const analysis = client().analyze(question);
    await vi.advanceTimersByTimeAsync(27_000);
    expect(server.count(/events/)).toBe(2);
    expect(server.openStreams(analysis.id)).toBe(1);
  });

  it('a stream that says nothing for 4 s is held back: long polls from then on', async () => {
    server.fault = (path) => (path.endsWith('/events') ? never() : undefined);
    const analysis = client().analyze(question);
    await vi.advanceTimersByTimeAsync(4_100);
    expect(server.requests.at(-1)).toBe(`GET /v1/runs/${analysis.id}`);
  });

  it('the place of Holdfast is taken by something else: it waits and says so', async () => {
    server.fault = () => new Response('<html>It works!</html>');
    const analysis = client().analyze(question);
    await settle();
    expect(analysis.state.trouble?.problem?.title).toMatch(/is baseUrl right/);
    expect(analysis.status).toBe('recovering');
  });

  it('an answer of another run is never shown', async () => {
    const analysis = client().analyze(question);
    await settle();
    const other = server.add('other', 't1', 'q', 'completed');
    server.fault = () => json({ ...other, result: { result: 'of somebody else' } });
    server.breakStreams(analysis.id, new TypeError('x'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(analysis.answer).toBeUndefined();
    server.fault = () => undefined;
    server.finish(analysis.id);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await analysis).toMatchObject({ run_id: analysis.id });
  });

  it('false success by counting messages: only the run itself says that it has ended', async () => {
    const analysis = client().analyze(question);
    await settle();
    server.add('neighbour', 't1', 'q', 'completed');
    await vi.advanceTimersByTimeAsync(120_000);
    expect(analysis.answer).toBeUndefined();
    expect(server.count(/messages|threads\/t1\/runs$/)).toBe(1);
  });

  it('the server asks for a rest: it is kept, and nothing hurries it', async () => {
    let refuse = true;
    server.fault = () => (refuse ? json({ title: 'Full', status: 503, detail: '' }, 503, { 'Retry-After': '60' }) : undefined);
    client().analyze(question);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(server.requests).toHaveLength(1);
    refuse = false;
    await vi.advanceTimersByTimeAsync(16_000);
    expect(server.count(/POST/)).toBe(2);
  });

  it('rests are jittered in full: between nothing and twice as long each time', async () => {
    server.fault = () => Promise.reject(new TypeError('x'));
    const waits = async (random: number) => {
      vi.spyOn(Math, 'random').mockReturnValue(random);
      server.requests.length = 0;
      const analysis = client().analyze(question);
      await vi.advanceTimersByTimeAsync(3_000);
      analysis.detach();
      return server.requests.length;
    };
    expect(await waits(0.05)).toBeGreaterThan(4);
    expect(await waits(0.999)).toBe(3);
  });
});

describe('the storage', () => {
  it('is denied or full: it goes on in memory and warns', async () => {
    storage.full = true;
    const holdfast = client();
    const analysis = holdfast.analyze(question);
    expect(holdfast.durable).toBe(false);
    expect(words()).toEqual(['No storage']);
    await settle();
    server.finish(analysis.id);
    await analysis;
    const without = client({ storage: null });
    without.analyze(question);
    expect(without.durable).toBe(false);
  });

  it('gives every unanswered question back after a reload, and the inbox beside them, each once', async () => {
    const before = client();
    const kept = before.analyze(question);
    await settle();
    before.close();
    server.finish(kept.id);
    Object.assign(server.add('inbox', 't2', 'asked elsewhere', 'completed'), { result: 1 });
    const found = await client().resumeAll();
    expect(found.map(({ id }) => id).sort()).toEqual([kept.id, 'inbox'].sort());
    expect((await Promise.all(found.map((analysis) => analysis.then()))).map(({ via }) => via).sort()).toEqual(['journal', 'stream']);
    await settle();
    expect(server.count(/POST .*\/ack/)).toBe(2);
    expect(await client().resumeAll()).toEqual([]);
  });

  it('resumes what it can when the server is away', async () => {
    client().analyze(question).detach();
    server.fault = () => Promise.reject(new TypeError('x'));
    const found = await client().resumeAll();
    expect(found).toHaveLength(1);
    await settle();
    expect(found[0]!.status).toBe('recovering');
  });

  it('forgets on request', async () => {
    const holdfast = client();
    holdfast.analyze(question);
    holdfast.close(true);
    expect(storage.map.size).toBe(0);
  });
});

describe('the token', () => {
  it('is asked for each request, and refreshed once after a 401', async () => {
    let token = 'old';
    const refreshes: boolean[] = [];
    server.fault = (_, init) => (new Headers(init.headers).get('Authorization') === 'Bearer new' ? undefined : json({ title: 'Unknown', status: 401 }, 401));
    const holdfast = client({
      getToken: async (refresh) => {
        refreshes.push(refresh);
        if (refresh) token = 'new';
        return token;
      },
    });
    const analysis = holdfast.analyze(question);
    await settle();
    server.finish(analysis.id);
    await analysis;
    expect(refreshes.slice(0, 2)).toEqual([false, true]);
    expect(refreshes.filter(Boolean)).toHaveLength(1);
    expect(server.tokens.slice(0, 3)).toEqual(['Bearer old', 'Bearer new', 'Bearer new']);
  });

  it('is refused for good: the answer waits for whoever signs in', async () => {
    let token = 'bad';
    server.fault = (_, init) => (new Headers(init.headers).get('Authorization') === 'Bearer good' ? undefined : json({ title: 'Unknown', status: 401 }, 401));
    const holdfast = client({ getToken: () => token });
    const analysis = holdfast.analyze(question);
    await expect(analysis.then()).rejects.toMatchObject({ code: 'unauthorized' });
    expect(server.requests).toHaveLength(2);
    expect(storage.map.size).toBe(1);
    token = 'good';
    analysis.signedIn();
    await vi.advanceTimersByTimeAsync(500);
    server.finish(analysis.id);
    expect(await analysis).toMatchObject({ run_id: analysis.id });
  });

  it('cannot be had: that is a lost connection, tried again', async () => {
    let broken = true;
    const analysis = client({ getToken: () => (broken ? Promise.reject(new Error('identity provider away')) : 'good') }).analyze(question);
    await settle();
    expect(analysis.status).toBe('recovering');
    broken = false;
    await vi.advanceTimersByTimeAsync(20_000);
    server.finish(analysis.id);
    expect(await analysis).toMatchObject({ run_id: analysis.id });
  });
});

describe('clock skew', () => {
  it.each(['1971-01-01', '2099-01-01'])('a clock that says %s makes sortable ids and disturbs nothing', async (date) => {
    vi.setSystemTime(new Date(date));
    const analysis = client().analyze(question);
    expect(analysis.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    await settle();
    vi.setSystemTime(new Date('2026-01-01'));
    server.finish(analysis.id);
    expect(await analysis).toMatchObject({ run_id: analysis.id });
  });
});
