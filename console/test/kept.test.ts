import { describe, expect, it } from 'vitest';
import { KeptQuestions } from '../src/delivery/kept.ts';

class MapStorage implements Storage {
  readonly map = new Map<string, string>();
  full = false;
  get length() { return this.map.size; }
  key(i: number) { return [...this.map.keys()][i] ?? null; }
  getItem(key: string) { return this.map.get(key) ?? null; }
  setItem(key: string, value: string) {
    if (this.full) throw new DOMException('full', 'QuotaExceededError');
    this.map.set(key, value);
  }
  removeItem(key: string) { this.map.delete(key); }
  clear() { this.map.clear(); }
}
const question = (runId: string, createdAt = 1) => ({ runId, threadId: 't', prompt: 'q', createdAt });

describe('KeptQuestions', () => {
  it('finds after a reload what was kept and not dropped, oldest first', () => {
    const storage = new MapStorage();
    const before = new KeptQuestions(storage);
    for (const [id, at] of [['b', 2], ['a', 1], ['c', 3]] as const) before.keep(question(id, at));
    before.drop('c');
    expect(new KeptQuestions(storage).all()).toEqual([question('a', 1), question('b', 2)]);
  });

  it('goes on in memory, and says so, when the storage is full or missing', () => {
    const storage = new MapStorage();
    storage.full = true;
    for (const kept of [new KeptQuestions(storage), new KeptQuestions(undefined)]) {
      kept.keep(question('a'));
      expect(kept.durable).toBe(false);
      expect(kept.all()).toEqual([question('a')]);
    }
  });

  it('leaves out what is not ours or broken', () => {
    const storage = new MapStorage();
    storage.map.set('theme', 'dark').set('holdfast.run.x', '{').set('holdfast.run.y', '{"runId":1}').set('holdfast.run.z', 'null');
    expect(new KeptQuestions(storage).all()).toEqual([]);
  });
});
