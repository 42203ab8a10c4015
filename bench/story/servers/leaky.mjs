// The analysis function as a Node server: keeps RETAIN_MB of each request, touched page by page, taken at MB_S.
// One request at a time, as the Python one. Ends on SIGINT (PM2's signal) when what runs is answered.
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const piece = 2;
const page = 4096;
const kept = [];

async function take(megabytes, rate) {
  const begun = performance.now();
  for (let taken = 0; taken < megabytes; taken += piece) {
    const memory = Buffer.allocUnsafeSlow(Math.min(piece, megabytes - taken) * 1024 * 1024);
    for (let at = 0; at < memory.length; at += page) memory[at] = 1;
    kept.push(memory);
    const ahead = begun + ((taken + piece) / rate) * 1000 - performance.now();
    if (ahead > 1) await pause(ahead);
  }
}

async function read(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return JSON.parse(text);
}

let turn = Promise.resolve();

async function analyze({ prompt }) {
  turn = turn.then(() => take(Number(process.env.RETAIN_MB), Number(process.env.MB_S)));
  await turn;
  return { result: prompt, pid: process.pid };
}

async function answer(request, response) {
  const question = await read(request).catch(() => undefined);
  const text = JSON.stringify(question ? await analyze(question) : { detail: 'not JSON' });
  response.writeHead(question ? 200 : 422, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

const server = createServer(answer);
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send?.('ready'));
process.once('SIGINT', () => server.close(() => process.exit(0)));
