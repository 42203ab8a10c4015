// What must be true of every run, however its connections were treated. The server's word is held against what the
// worker wrote down and what the client was shown.
import assert from 'node:assert/strict';
import { answerOf } from './client.mjs';
import { wholeText } from './world.mjs';

const ends = ['completed', 'failed', 'cancelled', 'expired'];
// Entries of which clients are told.
const told = ['accepted', 'started', 'progress', 'delta', 'attempt_lost', 'completed'];

/** The answer is on the screen, and nobody has said so yet. */
export async function judgeShown(world, client) {
  const run = await world.run(client.runId);
  assert.equal(run.status, 'completed');
  assert.equal(run.prompt, client.prompt);
  assert.deepEqual(client.shown, [answerOf(run.result)], 'one answer is shown, and it is the one in the journal');
  assert.equal(client.shown[0].text, client.prompt);
  for (const answer of client.received) assert.deepEqual(answer, client.shown[0], 'whatever came whole is the same');
  assert.deepEqual(await world.inbox(client.threadId), [client.runId], 'undelivered until the acknowledgement');
  assert.equal(run.delivered_at ?? null, null);
}

/** The client has acknowledged. `executions`: how many the run may have had; one while its worker lives. */
export async function judgeDelivered(world, client, { executions = 1 } = {}) {
  assert.deepEqual(await world.inbox(client.threadId), [], 'delivered after the acknowledgement');
  const entries = await world.timeline(client.runId);
  const kinds = entries.map((entry) => entry.kind);
  assert.deepEqual(entries.map((entry) => entry.seq), entries.map((_, i) => i + 1), 'the numbers have no gap');
  assert.equal(kinds.filter((kind) => ends.includes(kind)).length, 1, `one end: ${kinds}`);
  assert.deepEqual(kinds.slice(-2), ['completed', 'delivered']);
  assert.equal(kinds.filter((kind) => kind === 'delivered').length, 1);

  const executed = world.executions(client.runId);
  assert.equal(executed.length, executions, `executions: ${JSON.stringify(executed)}`);
  const attempts = executed.map((execution) => execution.attempt);
  assert.equal(new Set(attempts).size, attempts.length, 'no attempt is executed twice');
  const { pid, attempt } = client.shown[0];
  assert.deepEqual(executed.at(-1), { attempt, pid }, 'the answer is that of the last execution');
  assert.equal(kinds.filter((kind) => kind === 'started').length, Math.max(...attempts));

  // Somebody who was answered by a stream was told everything there was, in order, once.
  if (client.answeredByStream) {
    const expected = entries.filter((entry) => told.includes(entry.kind)).map((entry) => entry.seq);
    assert.deepEqual(client.events, expected, 'no event is left out');
    if (executions === 1) assert.equal(client.pieces, wholeText);
  }
}

/** The whole of a cell once its client has an answer: show, look, acknowledge, look. */
export async function showAndAcknowledge(world, client, answer, options) {
  client.show(answer);
  await judgeShown(world, client);
  await client.acknowledge();
  await judgeDelivered(world, client, options);
}
