// @vitest-environment happy-dom
// A tab that another tab tells of a run: what it takes over, and when it takes the lead.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Analysis } from '../src/analysis.ts';
import { Holdfast, type HoldfastOptions } from '../src/holdfast.ts';
import { FakeLocks } from './fake_locks.ts';
import { FakeServer, json, MapStorage, never } from './fake_server.ts';

let server: FakeServer;
let storage: MapStorage;
let locks: FakeLocks;
const tabs: Holdfast[] = [];
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const until = (condition: () => boolean) => vi.waitFor(() => expect(condition()).toBe(true), { timeout: 10_000, interval: 5 });

function tab(options: HoldfastOptions = {}): Holdfast {
  const opened = new Holdfast({ fetch: server.fetch, storage, namespace: 'watching', log: () => undefined, ...options });
  tabs.push(opened);
  return opened;
}

/** One tab asks and follows; another, which shows something else, watches it. */
async function leaderAndWatcher(options: HoldfastOptions = {}): Promise<[Analysis, Analysis]> {
  const leader = tab().analyze({ threadId: 't', prompt: 'q' });
  await until(() => server.openStreams(leader.id) === 1);
  const [watcher] = await tab({ isShown: () => false, ...options }).resumeAll({ inbox: false });
  await until(() => watcher!.state.accepted);
  return [leader, watcher!];
}

beforeEach(() => {
  server = new FakeServer();
  storage = new MapStorage();
  locks = new FakeLocks();
  vi.stubGlobal('navigator', { locks: locks.manager });
});
afterEach(() => {
  tabs.splice(0).forEach((one) => one.close());
  vi.unstubAllGlobals();
});

describe('a tab that watches', () => {
  it('says to the one that leads that the answer was shown, and that one acknowledges it', async () => {
    const [leader, watcher] = await leaderAndWatcher();
    const shown: string[] = [];
    watcher.on('answer', ({ via }) => shown.push(via));
    server.finish(leader.id);
    await until(() => watcher.state.phase === 'settled' && leader.state.phase === 'settled');
    expect(shown).toEqual(['other-tab']);
    expect(server.count(/\/ack/)).toBe(1);
  });

  it('is told of a recovery, too', async () => {
    const [leader, watcher] = await leaderAndWatcher();
    expect(watcher.state.recovered, 'it was loaded anew itself').toBe(true);
    const third = tab({ isShown: () => false });
    const followed = third.follow(server.runs.get(leader.id)!);
    await until(() => !!followed.answer || followed.state.leads === undefined);
    server.breakStreams(leader.id, new TypeError('Failed to fetch'));
    server.finish(leader.id);
    await until(() => !!followed.answer);
    expect(followed.answer).toMatchObject({ via: 'other-tab', recovery_mode: true });
  });

  it('takes the lead to stop the run', async () => {
    const [leader, watcher] = await leaderAndWatcher();
    watcher.cancel();
    await until(() => server.runs.get(leader.id)!.status === 'cancelled');
    await until(() => leader.error?.code === 'cancelled' && watcher.error?.code === 'cancelled');
    expect(server.count(/\/cancel/)).toBe(1);
  });

  it.each(['pageshow', 'online'])('does not take the lead from one that is just sending the question: %s is no look', async (type) => {
    const here = tab();
    const leader = tab().analyze({ threadId: 't', prompt: 'q' });
    const [key] = [...storage.map.keys()];
    let sent: (() => void) | undefined;
    server.fault = (_, init) => (init.method === 'POST' && !sent ? new Promise((_, reject) => (sent = () => reject(new TypeError('test')))) : undefined);
    window.dispatchEvent(Object.assign(new Event('storage'), { key, newValue: storage.map.get(key!) }));
    await until(() => !!sent && here.analyses.length === 1);
    window.dispatchEvent(new Event(type));
    await pause(50);
    expect(here.analyses[0]!.state.phase).toBe('watching');
    expect(leader.state).toMatchObject({ phase: 'posting', leads: true });
  });

  it('waits while the one that leads is heard, and takes the lead when that has said nothing for 35 s: no tab waits for a frozen one', async () => {
    let now = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const [leader, watcher] = await leaderAndWatcher({ isShown: () => true, monitorMs: 20 });
    // It was shown, so it leads; the other one shows itself again, and then freezes.
    await until(() => watcher.state.leads === true && leader.state.leads === false);
    leader.look(false);
    leader.look(true);
    await until(() => leader.state.leads === true && watcher.state.phase === 'watching');
    server.fault = (path) => (path.includes('/events') ? never() : undefined);
    await pause(200);
    expect(watcher.state.phase).toBe('watching');
    now += 36_000;
    await until(() => watcher.state.leads === true);
    vi.mocked(performance.now).mockRestore();
  });
});

describe('a question that another tab keeps', () => {
  const told = (key: string | null, newValue: string | null) => window.dispatchEvent(Object.assign(new Event('storage'), { key, newValue }));

  it('is followed here, once, and the page is told', async () => {
    const found: Analysis[] = [];
    const here = tab({ isShown: () => false });
    here.onAnalysis = (analysis) => found.push(analysis);
    const leader = tab().analyze({ threadId: 't', prompt: 'q' });
    const [key] = [...storage.map.keys()];
    for (let i = 0; i < 2; i++) told(key!, storage.map.get(key!)!);
    expect(found.map(({ id }) => id)).toEqual([leader.id]);
    await until(() => server.openStreams(leader.id) === 1);
    server.finish(leader.id);
    await until(() => found[0]!.answer?.via === 'other-tab');
    expect(server.count(/POST .*\/runs$/)).toBe(1);
  });

  it('is sent by the tab that asked it, also where its lock comes late: browsers look first whether a page may have any', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.9);
    const here = tab({ isShown: () => false });
    const late = { request: async (...wanted: unknown[]) => (await pause(30), (locks.manager.request as (...wanted: unknown[]) => unknown)(...wanted)) };
    vi.stubGlobal('navigator', { locks: late });
    const asking = tab();
    server.fault = (path, init) => {
      if (!path.endsWith('/runs') || init.method !== 'POST') return undefined;
      return pause(200).then(() => json(server.add((JSON.parse(String(init.body)) as { run_id: string }).run_id, 't'), 202));
    };
    const leader = asking.analyze({ threadId: 't', prompt: 'q' });
    const [key] = [...storage.map.keys()];
    told(key!, storage.map.get(key!)!);
    await pause(800);
    expect(server.count(/POST .*\/runs$/)).toBe(1);
    expect([leader, here.analyses[0]!].map(({ state }) => state.leads)).toEqual([true, false]);
    vi.restoreAllMocks();
  });

  it('is told from anything else that is kept there, and needs no page that listens', () => {
    const here = tab();
    told('theme', 'dark');
    told('watching.run.a', null);
    told(null, null);
    expect(here.analyses).toEqual([]);
    told('watching.run.a', JSON.stringify({ runId: 'a', threadId: 't', prompt: 'q', createdAt: 1 }));
    expect(here.analyses.map(({ id }) => id)).toEqual(['a']);
  });
});

it('a tab that leaves while it stands in line does not lead afterwards', async () => {
  const [leader, watcher] = await leaderAndWatcher();
  watcher.cancel();
  watcher.detach();
  await until(() => server.openStreams(leader.id) === 1 || leader.state.leads === true);
  expect(watcher.state.leads).toBeFalsy();
});
