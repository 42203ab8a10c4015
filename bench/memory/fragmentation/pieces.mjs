// A backend in plain Node that takes memory in pieces and gives most of it back: POST {"fill": WHAT} does that once,
// every other request is an analysis of a second. Knows nothing of Holdfast. pieces.mjs --socket PATH
import { createServer } from 'node:http';
import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const MB = 1 << 20;
const held = [];

// The same each time.
let state = 17;
function random() {
  state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
  return state / 0x80000000;
}

/** Things of random sizes, of which a tenth stays. `make(size)` is about as large as that. */
function pieces(megabytes, smallest, largest, make) {
  const made = [];
  for (let size = 0; size < megabytes * MB; ) {
    const next = smallest + Math.floor(random() * (largest - smallest));
    made.push({ thing: make(next), size: next });
    size += next;
  }
  let live = 0;
  for (const { thing, size } of made) {
    if (random() >= 0.1) continue;
    held.push(thing);
    live += size;
  }
  return live;
}

const kinds = {
  objects: () => pieces(300, 64, 480, (size) => ({ id: size, numbers: Array.from({ length: (size - 64) >> 3 }, (_, i) => i + 0.5) })),
  buffers: () => pieces(300, 512, 4096, (size) => Buffer.alloc(size, 1)),
};

async function answerTo(request) {
  if ('fill' in request) return { live_bytes: kinds[request.fill]() };
  if ('collect' in request) {
    globalThis.gc();
    globalThis.gc();
    await pause(100); // Buffers are freed by another thread after it.
    return {};
  }
  await pause(1000);
  return {};
}

const path = process.argv[process.argv.indexOf('--socket') + 1];
rmSync(path, { force: true });
createServer(async (request, response) => {
  let text = '';
  for await (const piece of request) text += piece;
  const asked = JSON.parse(text);
  const body = JSON.stringify({ result: asked.prompt ?? '', ...(await answerTo(asked)) });
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}).listen(path);
