// `node token_worker.mjs SOCKET`: shows its token, and waits while the prompt says so.
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { serve } from '../../../../sdk/node/holdfast.mjs';

async function* work(run) {
  yield run.progress('token', JSON.stringify({ url: run.url, token: run.token, level: run.memoryLevel, reserved: run.memoryReserved }));
  while (run.body.prompt === 'wait') {
    await pause(50, undefined, { signal: run.signal });
    yield run.progress('waiting');
  }
  return { result: 'done' };
}

createServer(serve(work)).listen(process.argv[2]);
