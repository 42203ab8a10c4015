// How a run is followed: over which connection, from where on, and what else the client does when there is none.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Holdfast, type HoldfastOptions } from '../src/holdfast.ts';
import { FakeServer, MapStorage, never } from './fake_server.ts';

let server: FakeServer;
const clients: Holdfast[] = [];
const question = { threadId: 't1', prompt: 'How many?' };
const settle = () => vi.advanceTimersByTimeAsync(0);

function client(options: HoldfastOptions = {}): Holdfast {
  const made = new Holdfast({ fetch: server.fetch, storage: new MapStorage(), log: () => undefined, ...options });
  clients.push(made);
  return made;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'Date', 'performance'] });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  // Some Nodes have Web Locks, some have not: one tab, alone.
  vi.stubGlobal('navigator', {});
  server = new FakeServer();
});
afterEach(() => {
  clients.splice(0).forEach((one) => one.close());
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('the stream', () => {
  it('is opened again behind the last event, when the server ends it', async () => {
    const analysis = client().analyze(question);
    await settle();
    server.progress(analysis.id, 'schema');
    await settle();
    server.endStreams(analysis.id);
    await settle();
    expect(analysis.status).toBe('recovering');
    await vi.advanceTimersByTimeAsync(500);
    expect(analysis.status).toBe('running');
    expect(server.cursors).toEqual([null, analysis.state.cursor]);
    expect(analysis.state.cursor).not.toBe('');
  });

  it('is not taken for open by heartbeats alone: what holds the first event back may let them pass', async () => {
    server.fault = (path) => {
      if (!path.endsWith('/events')) return undefined;
      const beats = new ReadableStream<Uint8Array>({ start: (controller) => void setInterval(() => controller.enqueue(new TextEncoder().encode(': hb\n\n')), 1_000) });
      return new Response(beats);
    };
    const analysis = client().analyze(question);
    await vi.advanceTimersByTimeAsync(4_100);
    expect(server.requests.at(-1)).toBe(`GET /v1/runs/${analysis.id}`);
  });

  it.each([
    ['is empty (204)', () => new Response(null, { status: 204 })],
    ['ends at once', () => new Response('')],
  ])('204 hot loop: one that %s is opened three times, with rests, and then polls take its place', async (_, answer) => {
    server.fault = (path) => (path.endsWith('/events') ? answer() : undefined);
    const analysis = client().analyze(question);
    await settle();
    expect(server.count(/events/)).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.count(/events/)).toBe(3);
    expect(server.requests.length).toBeLessThan(60);
    server.finish(analysis.id);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await analysis).toMatchObject({ via: 'poll', recovery_mode: true });
  });

  it('is alive as long as there are heartbeats', async () => {
    const analysis = client().analyze(question);
    for (let i = 0; i < 12; i++) {
      await vi.advanceTimersByTimeAsync(10_000);
      server.beat(analysis.id);
    }
    expect(server.count(/events/)).toBe(1);
    expect(analysis.status).toBe('queued');
  });
});

describe('a long poll', () => {
  it('that brings nothing new is made again, and not at once when the server did not hold it', async () => {
    let held: ((response: Response) => void) | undefined;
    server.fault = (path, init) => {
      if (path.endsWith('/events')) return never();
      return new Headers(init.headers).get('Prefer')?.startsWith('wait') ? new Promise((answer) => (held = answer)) : undefined;
    };
    const analysis = client().analyze(question);
    await vi.advanceTimersByTimeAsync(30_000);
    const polls = () => server.count(/GET .*runs\/[^/]+$/);
    expect(polls()).toBe(1);
    held!(new Response(null, { status: 304 }));
    await settle();
    expect(polls()).toBe(2);
    held!(new Response(null, { status: 304 }));
    await vi.advanceTimersByTimeAsync(1_900);
    expect(polls()).toBe(2);
    await vi.advanceTimersByTimeAsync(200);
    expect(polls()).toBe(3);
    expect(analysis.status).toBe('queued');
  });
});

describe('connections', () => {
  it('are left to others when all are taken: the run is looked at every 10 s', async () => {
    const holdfast = client({ connections: 1 });
    const first = holdfast.analyze(question);
    const second = holdfast.analyze(question);
    await settle();
    expect([first, second].map(({ id }) => server.openStreams(id))).toEqual([1, 0]);
    server.finish(second.id);
    await vi.advanceTimersByTimeAsync(10_100);
    expect(await second).toMatchObject({ via: 'journal', recovery_mode: false });
  });

  it('are made by the fetch of the page, as it is at that moment', async () => {
    const holdfast = client({ fetch: undefined });
    vi.stubGlobal('fetch', server.fetch);
    const analysis = holdfast.analyze(question);
    await settle();
    server.finish(analysis.id);
    expect(await analysis).toMatchObject({ via: 'stream' });
  });
});

describe('an end', () => {
  it('without a reason is told by its kind', async () => {
    const analysis = client().analyze(question);
    const failed = expect(analysis.then()).rejects.toMatchObject({ code: 'cancelled', message: 'cancelled' });
    await settle();
    Object.assign(server.runs.get(analysis.id)!, { status: 'cancelled' });
    server.endStreams(analysis.id);
    await vi.advanceTimersByTimeAsync(1_000);
    await failed;
  });

  it('that nobody has shown is not asked for by the monitor', async () => {
    const holdfast = client({ acknowledge: 'by-hand' });
    const analysis = holdfast.analyze(question);
    await settle();
    server.finish(analysis.id);
    await settle();
    const monitors: unknown[] = [];
    analysis.on('monitor', (monitor) => monitors.push(monitor));
    const asked = server.requests.length;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(server.requests.length).toBe(asked);
    expect(monitors).toEqual([]);
  });

  it('of the following comes once', async () => {
    const analysis = client().analyze(question);
    const changes: string[] = [];
    analysis.on('change', () => changes.push('change'));
    analysis.detach();
    analysis.detach();
    analysis.signedIn();
    expect(changes).toEqual(['change']);
    await settle();
    expect(server.requests).toHaveLength(1);
  });
});
