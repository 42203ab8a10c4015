// The real client of OpenAI through Holdfast.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Example, until } from './example.mjs';

const folder = new URL('../../../examples/openai/', import.meta.url);
const OpenAI = createRequire(new URL('ask.mjs', folder))('openai').default;
let example;
let client;
before(async () => {
  example = await Example.start('openai', { WORD_MS: '150' });
  client = new OpenAI({ baseURL: `${example.base}/v1`, apiKey: 'none', maxRetries: 0 });
});
after(() => example?.stop());

const asked = { model: 'echo', messages: [{ role: 'user', content: 'one two three four' }] };
const named = (key) => ({ headers: { 'Idempotency-Key': key } });
const textOf = (chunk) => chunk.choices[0].delta.content ?? '';

/** The words of a stream and when each came; `seen` is called with each. */
async function words(key, seen = () => {}) {
  const all = [];
  for await (const chunk of await client.chat.completions.create({ ...asked, stream: true }, named(key))) {
    if (!textOf(chunk)) continue;
    all.push([textOf(chunk), performance.now()]);
    seen(all.length);
  }
  return all;
}
const whole = (all) => all.map(([text]) => text).join('');

test('a stream comes in pieces, each when it is there', async () => {
  const all = await words(randomUUID());
  assert.equal(whole(all), 'one two three four');
  // Held back they would come together.
  assert.ok(all.at(-1)[1] - all[0][1] > 150, `${all.at(-1)[1] - all[0][1]} ms between the first and the last`);
});

test('a stream whose worker is killed in the middle is had whole under its key, and is then not done again', async () => {
  const key = randomUUID();
  const broken = words(key, (count) => {
    if (count === 2) example.killWorkerOf(key);
  });
  await assert.rejects(broken);
  assert.equal(whole(await words(key)), 'one two three four');
  assert.equal(whole(await words(key)), 'one two three four');
  const run = await example.get(`/v1/runs/${key}`);
  assert.deepEqual([run.status, run.attempt], ['completed', 2]);
});

test('a client that waits for an answer in one piece does not notice that its worker was killed', async () => {
  const key = randomUUID();
  const answer = client.chat.completions.create(asked, named(key));
  await until('a start', () => example.killWorkerOf(key).catch(() => false));
  assert.equal((await answer).choices[0].message.content, 'one two three four');
  assert.equal((await example.get(`/v1/runs/${key}`)).attempt, 2);
});

test('what is no completion is passed through', async () => {
  assert.equal((await client.models.list()).data[0].id, 'echo');
});

test("the README's client prints what it was told", async () => {
  const ask = new URL('ask.mjs', folder).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [ask, example.base, 'some', 'words']);
  assert.equal(stdout, 'some words\n');
});
