// One HTTP exchange each, told piece by piece. A response that does not end as its framing says is lost, whatever
// came of it: half an answer is none.
import { request } from 'node:http';
import { StringDecoder } from 'node:string_decoder';

/** The connection broke or said nothing for too long. What the server did of it is not known. */
export class Lost extends Error {}

/**
 * Resolves to {status, headers, text} of the whole response. `hear(text)` is told each piece of the body, `head(reply)`
 * when the headers are there. Rejects with Lost; also after `patience` ms in which nothing came.
 */
export function exchange(port, method, path, { headers = {}, body, hear = () => {}, head = () => {}, patience = 60_000 } = {}) {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const typed = body === undefined ? headers : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), ...headers };
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers: typed, agent: false });
    const lose = (why) => {
      clearTimeout(alarm);
      outgoing.destroy();
      reject(new Lost(`${method} ${path}: ${why}`));
    };
    let alarm;
    const alive = () => {
      clearTimeout(alarm);
      alarm = setTimeout(() => lose('silence'), patience);
    };
    alive();
    outgoing.on('error', (error) => lose(error.message));
    outgoing.on('response', (response) => {
      const reply = { status: response.statusCode, headers: response.headers, text: '' };
      const decoder = new StringDecoder('utf8');
      alive();
      head(reply);
      response.on('data', (bytes) => {
        alive();
        const piece = decoder.write(bytes);
        reply.text += piece;
        try {
          hear(piece);
        } catch (error) {
          // What the listener finds wrong is the end of the test, not of the process.
          reject(error);
          outgoing.destroy();
        }
      });
      response.on('error', (error) => lose(error.message));
      response.on('close', () => {
        if (!response.complete) return lose('cut off');
        clearTimeout(alarm);
        resolve(reply);
      });
    });
    outgoing.end(text);
  });
}

/** Server-sent events out of pieces of text. An event that no empty line ends does not count. */
export class EventReader {
  #rest = '';

  feed(text) {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop();
    return blocks.map(eventOf).filter((event) => event.data !== undefined);
  }
}

function eventOf(block) {
  const event = {};
  for (const line of block.split('\n')) {
    const [, field, value] = /^(id|event|data): (.*)$/.exec(line) ?? [];
    if (field) event[field] = value;
  }
  return event;
}
