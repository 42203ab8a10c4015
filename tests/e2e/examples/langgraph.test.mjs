// A graph whose worker is killed goes on with the step that was lost; its token is good for nothing else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Example } from './example.mjs';

let example;
before(async () => {
  example = await Example.start('langgraph');
});
after(() => example?.stop());

const checkpoints = async (thread) => (await example.get(`/v1/threads/${thread}/checkpoints?limit=100`)).checkpoints;

test('a graph goes on behind the last step of the worker that was killed', async () => {
  const works = async (run) => (await example.timeline(run)).some((entry) => entry.kind === 'progress' && entry.step === 'plan');
  const run = await example.askAndKill({ thread_id: 'killed' }, { works });
  assert.equal(run.status, 'completed', JSON.stringify(run.error));
  assert.equal(run.attempt, 2);
  assert.equal(run.result.result, '1 questions, 3 steps');
  const [plan, query, answer] = run.result.steps.map((step) => step.split(' by '));
  assert.deepEqual([plan[0], query[0], answer[0]], ['plan', 'query', 'answer']);
  assert.notEqual(plan[1], query[1]);
  assert.equal(query[1], answer[1]);
  assert.ok((await checkpoints('killed')).length >= 4);
});

test('the next question of the thread goes on with the conversation', async () => {
  assert.match((await example.ask({ thread_id: 'talk', prompt: 'first' })).result, /^1 questions, 3 steps$/);
  assert.match((await example.ask({ thread_id: 'talk', prompt: 'second' })).result, /^2 questions, 6 steps$/);
});

test('deleting the thread deletes what the graph has kept', async () => {
  await example.ask({ thread_id: 'gone' });
  assert.notEqual((await checkpoints('gone')).length, 0);
  assert.equal((await fetch(`${example.base}/v1/threads/gone`, { method: 'DELETE' })).status, 204);
  assert.equal((await checkpoints('gone')).length, 0);
});
