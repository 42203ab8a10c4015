// `node node_worker.mjs SOCKET`: the same work as steps.py.
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { Refused, serve } from '../../../../sdk/node/holdfast.mjs';

async function* work(run) {
  if (run.body.prompt === 'refuse') throw new Refused('no such table', { code: 'not_found' });
  const done = run.checkpoint?.done ?? [];
  if (run.attempt === 1) {
    for (const step of ['schema', 'query']) {
      yield run.progress(step, `pid ${process.pid}`);
      done.push([step, process.pid]);
      yield run.save(step, { done });
    }
    yield run.delta('half 🙂 ');
    while (run.body.prompt.includes('wait')) {
      await pause(50, undefined, { signal: run.signal });
      yield run.progress('waiting');
    }
  }
  const { step, user, memoryLevel: level } = run;
  return { result: 'whole', done, from: step ?? null, pid: process.pid, seconds: run.remaining() / 1000, level, user };
}

createServer(serve(work)).listen(process.argv[2]);
