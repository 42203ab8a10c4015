// A job is sent, fetched and completed with the answer as its output. The library does not tell a sender that its job is
// done, so sender and worker are one process here, and the worker is woken without a poll.
import { randomUUID } from 'node:crypto';
import { PgBoss } from 'pg-boss';
import { databaseUrl, poolSize, serve } from './http.mjs';

const queue = 'analyses';
const batchSize = 64;
const boss = new PgBoss({ connectionString: databaseUrl, max: poolSize });
boss.on('error', (error) => console.error(error));
await boss.start();
await boss.createQueue(queue);

/** What waits for an answer, by job id. */
const waiting = new Map();
let fetching = false;
let wanted = false;

async function finish({ id, data }) {
  const answer = { result: data.prompt, run_id: id };
  await boss.complete(queue, id, answer);
  waiting.get(id)?.resolve(answer);
}

/** One fetch at a time takes all that was sent during the one before. */
async function work() {
  wanted = true;
  if (fetching) return;
  fetching = true;
  while (wanted) {
    wanted = false;
    const jobs = await boss.fetch(queue, { batchSize });
    if (jobs.length === batchSize) wanted = true;
    for (const job of jobs) finish(job).catch((error) => waiting.get(job.id)?.reject(error));
  }
  fetching = false;
}

serve(async ({ prompt }) => {
  const id = randomUUID();
  const answered = Promise.withResolvers();
  waiting.set(id, answered);
  try {
    await boss.send(queue, { prompt }, { id });
    work().catch(answered.reject);
    return await answered.promise;
  } finally {
    waiting.delete(id);
  }
});
