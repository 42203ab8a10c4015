// A model endpoint in the form of OpenAI's chat completions, streamed or whole. It answers with the words it was asked, and
// knows nothing of Holdfast: `node server.mjs 3000` runs it alone.
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const pauseMs = Number(process.env.WORD_MS ?? 100);

async function read(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return JSON.parse(text);
}

async function complete(request, response) {
  const { messages, model = 'echo', stream = false } = await read(request);
  const words = messages.at(-1).content.split(/(?<=\s)/);
  const about = { id: `chatcmpl-${process.pid}`, created: Math.floor(Date.now() / 1000), model };
  if (!stream) {
    await pause(pauseMs * words.length);
    const message = { role: 'assistant', content: words.join('') };
    const body = { ...about, object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }] };
    return response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  const send = (delta, finish_reason = null) => {
    const chunk = { ...about, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  send({ role: 'assistant', content: '' });
  for (const content of words) {
    await pause(pauseMs);
    send({ content });
  }
  send({}, 'stop');
  response.end('data: [DONE]\n\n');
}

createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/v1/chat/completions') {
    return complete(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(400, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ error: { message: error.message, type: 'invalid_request_error' } }));
    });
  }
  if (request.url === '/v1/models') {
    return response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"object":"list","data":[{"id":"echo","object":"model"}]}');
  }
  response.writeHead(404).end();
}).listen(process.argv[2]);
