import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Holdfast } from '../src/core.ts';
import { Seats } from '../src/seats.ts';
import type { Listener, Message } from '../src/sharing.ts';
import { shareTabs } from '../src/tabs.ts';
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
  const sharing = shareTabs({ namespace: 'tabs-test' });
  const heard: (Message | ['lead', boolean])[] = [];
  const listener: Listener = (message) => void heard.push(message);
  return { sharing, heard, listener, leads: () => heard.findLast(([kind]) => kind === 'lead')?.[1] };
}

describe('tabs', () => {
  it('one leads; the next takes over when it leaves', async () => {
    const [a, b] = [tab(), tab()];
    const place = a.sharing.join('r', a.listener, false);
    await until(() => a.leads() === true);
    b.sharing.join('r', b.listener, false);
    await pause(20);
    expect(b.leads()).toBeUndefined();
    place.leave();
    await until(() => b.leads() === true);
    [a, b].forEach((one) => one.sharing.close());
  });

  it('the one that shows the run takes the lead, and gives it back when it leaves', async () => {
    const [a, b] = [tab(), tab()];
    a.sharing.join('r', a.listener, false);
    await until(() => a.leads() === true);
    const shown = b.sharing.join('r', b.listener, true);
    shown.seize();
    await until(() => b.leads() === true && a.leads() === false);
    shown.leave();
    await until(() => a.leads() === true);
    [a, b].forEach((one) => one.sharing.close());
  });

  it('tell the latest state, not each one, and what comes to know asks', async () => {
    const [a, b] = [tab(), tab()];
    const place = a.sharing.join('r', a.listener, true);
    b.sharing.join('r', b.listener, false);
    const strange: unknown[] = [];
    b.sharing.join('other', ([kind]) => kind !== 'lead' && strange.push(kind), false);
    await until(() => a.heard.some(([kind]) => kind === 'ask'));
    for (let i = 0; i < 50; i++) place.say(['heard', { turn: i } as never]);
    place.leave();
    await until(() => b.heard.length > 0);
    expect(b.heard.filter(([kind]) => kind === 'heard')).toEqual([['heard', { turn: 49 }]]);
    expect(strange).toEqual([]);
    [a, b].forEach((one) => one.sharing.close());
  });

  it('each by itself where the browser gives no locks', async () => {
    locks.denied = true;
    const a = tab();
    a.sharing.join('r', a.listener, false);
    await until(() => a.leads() === true);
    a.sharing.close();
    vi.stubGlobal('navigator', {});
    const b = tab();
    b.sharing.join('r', b.listener, true);
    expect(b.leads()).toBe(true);
  });
});

describe('the six-connection limit', () => {
  it('four connections are held over all tabs, and one given back is there for the next', async () => {
    const tabs = [new Seats('s', 4, locks.manager), new Seats('s', 4, locks.manager), new Seats('s', 4, locks.manager)];
    const taken = [];
    for (let i = 0; i < 6; i++) taken.push(await tabs[i % 3]!.take());
    expect(taken.map(Boolean)).toEqual([true, true, true, true, false, false]);
    taken[1]!();
    await pause(5);
    expect(await tabs[2]!.take()).toBeDefined();
  });

  it('is kept by each tab where there are no locks, and there is none outside of browsers', async () => {
    const alone = new Seats('s', 2);
    const first = await alone.take();
    await alone.take();
    expect(await alone.take()).toBeUndefined();
    first!();
    first!();
    expect(await alone.take()).toBeDefined();
    expect(await alone.take()).toBeUndefined();
    locks.denied = true;
    expect(await new Seats('s', 1, locks.manager).take()).toBeDefined();
    expect(new Seats('s')['count']).toBe(Infinity);
  });
});

describe('three tabs', () => {
  it('follow one run over one stream, show one answer each, and acknowledge it once', async () => {
    const server = new FakeServer();
    const storage = new MapStorage();
    const open = () => new Holdfast({ fetch: server.fetch, storage, sharing: shareTabs({ namespace: 'three' }), log: () => undefined });
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
