// The real client of OpenAI through Holdfast.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { createRequire } from 'node:module';
import { Example } from './example.mjs';

const folder = new URL('../../../examples/openai/', import.meta.url);
const OpenAI = createRequire(new URL('ask.mjs', folder))('openai').default;
let example;
let client;
before(async () => {
  example = await Example.start('openai', { WORD_MS: '150' });
  client = new OpenAI({ baseURL: `${example.base}/v1`, apiKey: 'none', maxRetries: 0 });
});
after(() => example?.stop());

const asked = { model: 'echo', messages: [{ role: 'user', content: 'one two three' }] };

test('a stream comes in pieces, each when it is there', async () => {
  const seen = [];
  for await (const chunk of await client.chat.completions.create({ ...asked, stream: true })) {
    const text = chunk.choices[0].delta.content;
    if (text) seen.push([text, performance.now()]);
  }
  assert.deepEqual(seen.map(([text]) => text), ['one ', 'two ', 'three']);
  // Held back they would come together.
  assert.ok(seen[2][1] - seen[0][1] > 150, `${seen[2][1] - seen[0][1]} ms between the first and the last`);
});

test('an answer in one piece, and the list of models', async () => {
  const completion = await client.chat.completions.create(asked);
  assert.equal(completion.choices[0].message.content, 'one two three');
  assert.equal((await client.models.list()).data[0].id, 'echo');
});

test('the README\'s client prints what it was told', async () => {
  const ask = new URL('ask.mjs', folder).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [ask, example.base, 'some', 'words']);
  assert.equal(stdout, 'some words\n');
});

test('as a run it survives its worker', async () => {
  const run = await example.askAndKill({ messages: [{ role: 'user', content: 'one two three four five six' }] });
  assert.equal(run.status, 'completed', JSON.stringify(run.error));
  assert.equal(run.attempt, 2);
  assert.equal(run.result.choices[0].message.content, 'one two three four five six');
});
