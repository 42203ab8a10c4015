// A way to the server that cuts one connection at a chosen byte. Everything else passes untouched.
import { connect, createServer } from 'node:net';
import { listen } from './ports.mjs';

const headOf = (bytes) => bytes.indexOf('\r\n\r\n') + 4;
const hasHead = (bytes) => headOf(bytes) > 3;
const nothing = () => 0;

/**
 * A point of a response at which it is cut: `find(bytes, ended)` is the number of bytes that still pass, undefined
 * while that is not known; `safe(bytes)` of them may pass meanwhile. `needsEnd`: it comes only with the result.
 */
export const beforeHead = { find: (bytes) => (bytes.length > 0 ? 0 : undefined), safe: nothing };
export const inHead = { find: (bytes) => (hasHead(bytes) ? headOf(bytes) >> 1 : undefined), safe: nothing };
export const afterHead = { find: (bytes) => (hasHead(bytes) ? headOf(bytes) : undefined), safe: nothing };

/** After the first early byte of an answer that is not there yet. */
export const afterEarlyByte = {
  find(bytes) {
    const early = hasHead(bytes) ? bytes.indexOf('\r\n1\r\n \r\n', headOf(bytes) - 2) : -1;
    return early < 0 ? undefined : early + '\r\n1\r\n \r\n'.length;
  },
  safe: nothing,
};

/** At a fraction of a JSON body. Its last byte may be of the framing: then the JSON is whole and still no answer. */
export function inBody(fraction) {
  const startOf = (bytes) => (hasHead(bytes) ? bytes.indexOf('{', headOf(bytes)) : -1);
  return {
    needsEnd: true,
    find(bytes, ended) {
      const start = startOf(bytes);
      if (!ended || start < 0) return undefined;
      return Math.min(bytes.length - 1, start + 1 + Math.floor((bytes.length - start) * fraction));
    },
    safe: (bytes) => (startOf(bytes) < 0 ? bytes.length : startOf(bytes)),
  };
}

/** In the first event that begins with `mark`: after its first byte, in its middle, or before its last byte. */
export function inEvent(mark, place, { needsEnd = false } = {}) {
  return {
    needsEnd,
    find(bytes) {
      const start = bytes.indexOf(mark);
      const end = start < 0 ? -1 : bytes.indexOf('\n\n', start);
      if (end < 0) return undefined;
      return { begin: start + 1, middle: (start + end) >> 1, end: end + 1 }[place];
    },
    safe: (bytes) => Math.max(bytes.lastIndexOf('\n\n') + 2, hasHead(bytes) ? headOf(bytes) : 0),
  };
}

/** After the last event, before the end that the framing announces. */
export const beforeStreamEnd = {
  needsEnd: true,
  find: (bytes, ended) => (ended ? bytes.length - 1 : undefined),
  safe: (bytes) => Math.max(0, bytes.length - 5),
};

/** Half of the request is all that goes on. */
export const inRequest = { request: true };

export class Cutter {
  cuts = 0;
  #sockets = new Set();

  /** Cuts the first `times` connections whose request line matches `on`, politely or by a reset. */
  static async open(upstreamPort, { on, point, times = 1, reset = false }) {
    const cutter = new Cutter();
    Object.assign(cutter, { upstreamPort, on, point, times, reset });
    cutter.server = createServer((client) => cutter.#serve(client));
    cutter.port = await listen(cutter.server);
    return cutter;
  }

  get done() {
    return this.cuts === this.times;
  }

  #serve(client) {
    this.#hold(client);
    let request = Buffer.alloc(0);
    const gather = (bytes) => {
      request = Buffer.concat([request, bytes]);
      const length = lengthOf(request);
      if (length === undefined || request.length < length) return;
      client.off('data', gather);
      client.resume();
      this.#forward(client, request);
    };
    client.on('data', gather);
  }

  #forward(client, request) {
    const chosen = !this.done && this.on.test(request.subarray(0, request.indexOf('\r\n')).toString());
    const upstream = connect(this.upstreamPort, '127.0.0.1');
    this.#hold(upstream);
    client.on('close', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    if (!chosen) {
      upstream.write(request);
      upstream.pipe(client);
    } else if (this.point.request) {
      this.cuts++;
      upstream.write(request.subarray(0, request.length >> 1), () => this.#cut(client, upstream, ''));
    } else {
      upstream.write(request);
      this.#watch(client, upstream);
    }
  }

  #watch(client, upstream) {
    let seen = Buffer.alloc(0);
    let passed = 0;
    let over = false;
    const look = (ended) => {
      if (over) return;
      const at = this.done ? undefined : this.point.find(seen, ended);
      over = at !== undefined || ended;
      if (at !== undefined) {
        this.cuts++;
        return this.#cut(client, upstream, seen.subarray(passed, at));
      }
      const upTo = ended || this.done ? seen.length : this.point.safe(seen);
      if (upTo > passed) client.write(seen.subarray(passed, upTo));
      passed = Math.max(passed, upTo);
      if (ended) client.end();
    };
    upstream.on('data', (bytes) => {
      seen = Buffer.concat([seen, bytes]);
      look(false);
    });
    upstream.on('end', () => look(true));
  }

  #cut(client, upstream, last) {
    if (this.reset) {
      upstream.resetAndDestroy();
      client.write(last, () => client.resetAndDestroy());
    } else {
      upstream.destroy();
      client.end(last);
    }
  }

  #hold(socket) {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
  }
}

/** Bytes of a whole request; undefined before its head is there. */
function lengthOf(request) {
  if (!hasHead(request)) return undefined;
  const head = request.subarray(0, headOf(request)).toString();
  return headOf(request) + Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
}
