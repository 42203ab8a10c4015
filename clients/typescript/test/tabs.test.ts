import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Holdfast } from '../src/holdfast.ts';
import { seats } from '../src/seats.ts';
import { openTabs, type Listener, type Message } from '../src/tabs.ts';
import { FakeLocks } from './fake_locks.ts';
import { FakeServer, MapStorage } from './fake_server.ts';

let locks: FakeLocks;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const until = (condition: () => boolean) => vi.waitFor(() => expect(condition()).toBe(true), { timeout: 10_000, interval: 5 });

beforeEach(() => {
  locks = new FakeLocks();
  vi.stubGlobal('navigator', { locks: locks.manager });
});
afterEach(() => vi.unstubAllGlobals());

function tab() {
  const tabs = openTabs('tabs-test', locks.manager);
  const heard: (Message | ['lead', boolean])[] = [];
  const listener: Listener = (message) => void heard.push(message);
  return { tabs, heard, listener, leads: () => heard.findLast(([kind]) => kind === 'lead')?.[1] };
}

describe('tabs', () => {
  it('one leads; the next takes over when it leaves', async () => {
    const [a, b] = [tab(), tab()];
    const place = a.tabs.join('r', a.listener, false);
    await until(() => a.leads() === true);
    b.tabs.join('r', b.listener, false);
    await pause(20);
    expect(b.leads()).toBeUndefined();
    place.leave();
    await until(() => b.leads() === true);
    [a, b].forEach((one) => one.tabs.close());
  });

  it('the one that shows the run takes the lead, and gives it back when it leaves', async () => {
    const [a, b] = [tab(), tab()];
    a.tabs.join('r', a.listener, false);
    await until(() => a.leads() === true);
    const shown = b.tabs.join('r', b.listener, true);
    shown.seize();
    await until(() => b.leads() === true && a.leads() === false);
    shown.leave();
    await until(() => a.leads() === true);
    [a, b].forEach((one) => one.tabs.close());
  });

  it('tell the latest state, not each one, and what comes to know asks', async () => {
    const [a, b] = [tab(), tab()];
    const place = a.tabs.join('r', a.listener, true);
    b.tabs.join('r', b.listener, false);
    const strange: unknown[] = [];
    b.tabs.join('other', ([kind]) => kind !== 'lead' && strange.push(kind), false);
    await until(() => a.heard.some(([kind]) => kind === 'ask'));
    for (let i = 0; i < 50; i++) place.say(['heard', { turn: i } as never]);
    place.leave();
    await until(() => b.heard.length > 0);
    expect(b.heard.filter(([kind]) => kind === 'heard')).toEqual([['heard', { turn: 49 }]]);
    expect(strange).toEqual([]);
    [a, b].forEach((one) => one.tabs.close());
  });

  it('each by itself where the browser gives no locks', async () => {
    locks.denied = true;
    const a = tab();
    a.tabs.join('r', a.listener, false);
    await until(() => a.leads() === true);
    a.tabs.close();
    const alone = openTabs('tabs-test');
    alone.join('r', a.listener, true).leave();
    expect(a.heard.length).toBe(2);
    alone.close();
  });
});

describe('the six-connection limit', () => {
  it('four connections are held over all tabs, and one given back is there for the next', async () => {
    const tabs = [1, 2, 3].map(() => seats('s', locks.manager, 4));
    const taken = [];
    for (let i = 0; i < 6; i++) taken.push(await tabs[i % 3]!());
    expect(taken.map(Boolean)).toEqual([true, true, true, true, false, false]);
    taken[1]!();
    await pause(5);
    expect(await tabs[2]!()).toBeDefined();
  });

  it('is kept by each tab where there are no locks, and there is none outside of browsers', async () => {
    const alone = seats('s', undefined, 2);
    const first = await alone();
    await alone();
    expect(await alone()).toBeUndefined();
    first!();
    expect(await alone()).toBeDefined();
    expect(await alone()).toBeUndefined();
    locks.denied = true;
    const denied = seats('s', locks.manager, 1);
    expect(await denied()).toBeDefined();
    expect(await denied()).toBeUndefined();
    const unlimited = seats('s', locks.manager);
    for (let i = 0; i < 100; i++) expect(await unlimited()).toBeDefined();
  });
});

describe('three tabs', () => {
  it('follow one run over one stream, show one answer each, and acknowledge it once', async () => {
    const server = new FakeServer();
    const storage = new MapStorage();
    const open = () => new Holdfast({ fetch: server.fetch, storage, namespace: 'three', log: () => undefined });
    const first = open();
    const analysis = first.analyze({ threadId: 't', prompt: 'q' });
    await until(() => server.openStreams(analysis.id) === 1);
    const others = [open(), open()];
    const followed = (await Promise.all(others.map((client) => client.resumeAll({ inbox: false })))).flat();
    const answers = Promise.all([analysis, ...followed].map((one) => one.then()));
    await until(() => server.count(/events/) >= 2);
    await pause(100);
    expect(server.openStreams(analysis.id)).toBe(1);
    server.progress(analysis.id, 'schema');
    await until(() => [analysis, ...followed].every(({ state }) => state.view.steps.length === 1));
    server.finish(analysis.id);
    const vias = (await answers).map(({ run_id, via }) => [run_id, via]);
    expect(vias.filter(([, via]) => via === 'other-tab')).toHaveLength(2);
    expect(new Set(vias.map(([id]) => id))).toEqual(new Set([analysis.id]));
    await until(() => [analysis, ...followed].every(({ state }) => state.phase === 'settled'));
    expect(server.count(/POST .*\/ack/)).toBe(1);
    expect(server.count(/POST .*\/runs$/)).toBe(1);
    [first, ...others].forEach((client) => client.close());
  });
});
