import { describe, expect, it } from 'vitest';
import { keptQuestions } from '../src/kept.ts';
import { MapStorage } from './fake_server.ts';

const kept = (storage: Storage | null | undefined) => keptQuestions(storage, 'holdfast.run.');
const question = (runId: string, createdAt = 1) => ({ runId, threadId: 't', prompt: 'q', createdAt });

describe('kept questions', () => {
  it('finds after a reload what was kept and not dropped, oldest first', () => {
    const storage = new MapStorage();
    const before = kept(storage);
    for (const [id, at] of [['b', 2], ['a', 1], ['c', 3]] as const) before.keep(question(id, at));
    before.drop('c');
    expect(kept(storage).all()).toEqual([question('a', 1), question('b', 2)]);
  });

  it('goes on in memory, and says so, when the storage is full or missing', () => {
    const storage = new MapStorage();
    storage.full = true;
    for (const one of [kept(storage), kept(null)]) {
      one.keep(question('a'));
      expect(one.durable()).toBe(false);
      expect(one.all()).toEqual([question('a')]);
    }
  });

  it('leaves out what is not ours or broken', () => {
    const storage = new MapStorage();
    storage.map.set('theme', 'dark').set('holdfast.run.x', '{').set('holdfast.run.y', '{"runId":1}').set('holdfast.run.z', 'null');
    expect(kept(storage).all()).toEqual([]);
  });

  it('knows a question that another tab has kept from anything else', () => {
    const reader = kept(null);
    expect(reader.read('holdfast.run.a', JSON.stringify(question('a')))).toEqual(question('a'));
    expect(reader.read('holdfast.run.a', null)).toBeUndefined();
    expect(reader.read('theme', JSON.stringify(question('a')))).toBeUndefined();
    expect(reader.read(null, null)).toBeUndefined();
  });

  it('goes on without a storage where the browser denies it', () => {
    Object.defineProperty(globalThis, 'localStorage', { configurable: true, get: () => { throw new DOMException('denied', 'SecurityError'); } });
    const denied = kept(undefined);
    expect(denied.durable()).toBe(false);
    denied.keep(question('a'));
    expect(denied.all()).toEqual([question('a')]);
    delete (globalThis as { localStorage?: unknown }).localStorage;
  });
});
