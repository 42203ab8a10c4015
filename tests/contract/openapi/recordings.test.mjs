// What the pictures of the documentation are taken of (tests/e2e/page/golden) is what the API says today.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { description, faultsOf, faultsOfValue } from './description.mjs';

const folder = new URL('../../e2e/page/golden/recorded/', import.meta.url);
const recordings = readdirSync(folder);

/** The documented path of one that was asked for. */
function documented(path) {
  const matches = (pattern) => new RegExp(`^${pattern.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(path.split('?')[0]);
  const all = Object.keys(description.paths).filter(matches);
  return all.find((pattern) => !pattern.includes('{')) ?? all[0];
}

/** The events of a stream that are whole. */
function eventsOf(text) {
  return text.split('\n\n').slice(0, -1).map((block) => Object.fromEntries(block.split('\n').map((line) => [line.split(':')[0], line.slice(line.indexOf(':') + 1).trim()])));
}

test('There are recordings', () => assert.ok(recordings.length > 0));

for (const name of recordings) {
  test(`${name} has answers as the API gives them: else npm --prefix tests/e2e/page run record`, () => {
    const { answers } = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
    for (const [path, { type, body, isOpen }] of Object.entries(answers)) {
      // Headers are not replayed.
      const faults = faultsOf('GET', documented(path), { status: 200, headers: { 'content-type': type }, body }).filter((fault) => !fault.includes(': there is no '));
      assert.deepEqual(faults, [], path);
      if (!isOpen) continue;
      const snapshot = eventsOf(body).find(({ event }) => event === 'snapshot');
      if (path === '/v1/operations/events') assert.deepEqual(faultsOfValue('OperationsSnapshot', JSON.parse(snapshot.data)), []);
    }
  });
}
