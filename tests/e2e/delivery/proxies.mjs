// What stands between users and servers, each with its bad habit. `mischief` counts how often it showed.
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { listen } from './ports.mjs';
import { exchange } from './wire.mjs';

class Proxy {
  mischief = 0;
  #sockets = new Set();

  async #open(server) {
    this.server = server;
    server.on('connection', (socket) => this.hold(socket));
    this.port = await listen(server);
    return this;
  }

  static async tcp(serve) {
    const proxy = new Proxy();
    return proxy.#open(createServer((client) => serve(proxy, client)));
  }

  /** `serve(proxy, request, response)` gets requests with their whole body in `request.whole`. */
  static async http(serve) {
    const proxy = new Proxy();
    const server = createHttpServer(async (request, response) => {
      response.on('error', () => {});
      try {
        request.whole = await bodyOf(request);
        await serve(proxy, request, response);
      } catch {
        // The other side broke off: so does this one.
        response.destroy();
      }
    });
    return proxy.#open(server);
  }

  hold(socket) {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
  }
}

async function bodyOf(message) {
  const chunks = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Sends the request on. Resolves to the response once its head is there; ends with the client's connection. */
function passOn(proxy, port, request, response, headers = request.headers) {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: '127.0.0.1', port, method: request.method, path: request.url, headers, agent: false }, resolve);
    outgoing.on('socket', (socket) => proxy.hold(socket));
    outgoing.on('error', reject);
    response.on('close', () => outgoing.destroy());
    outgoing.end(request.whole);
  });
}

function passBack(incoming, response) {
  response.writeHead(incoming.statusCode, incoming.headers);
  response.flushHeaders();
  incoming.on('error', () => response.destroy());
  incoming.pipe(response);
}

/**
 * Cuts a connection on which nothing was sent for `ms`, in either direction. On a machine that stands still for so long
 * nothing is anybody's silence: the server is asked something else first, and what it owed by then has come when that
 * is answered.
 */
export function silenceCutter(port, ms) {
  return Proxy.tcp((proxy, client) => {
    const upstream = connect(port, '127.0.0.1');
    proxy.hold(upstream);
    let stirs = 0;
    const cut = async () => {
      const before = stirs;
      await exchange(port, 'GET', '/livez').catch(() => {});
      await pause(20);
      if (stirs !== before) return;
      proxy.mischief++;
      client.destroy();
      upstream.destroy();
    };
    let alarm = setTimeout(cut, ms);
    const stir = () => {
      stirs++;
      clearTimeout(alarm);
      alarm = setTimeout(cut, ms);
    };
    for (const [from, to] of [[client, upstream], [upstream, client]]) {
      from.on('data', stir);
      from.pipe(to);
      from.on('close', () => {
        clearTimeout(alarm);
        to.destroySoon();
      });
    }
  });
}

/** Passes a response on when it is complete, not a byte before. */
export function buffering(port) {
  return Proxy.http(async (proxy, request, response) => {
    const incoming = await passOn(proxy, port, request, response);
    proxy.mischief++;
    const body = await bodyOf(incoming);
    const { 'transfer-encoding': _, ...headers } = incoming.headers;
    response.writeHead(incoming.statusCode, headers);
    response.end(body);
  });
}

/** Knows some headers only. */
export function dropping(port, names) {
  return Proxy.http(async (proxy, request, response) => {
    const headers = { ...request.headers };
    for (const name of names) {
      if (name in headers) proxy.mischief++;
      delete headers[name];
    }
    passBack(await passOn(proxy, port, request, response, headers), response);
  });
}

/** Sends every POST twice at the same time, and passes on the second answer that comes. */
export function doubling(port) {
  return Proxy.http(async (proxy, request, response) => {
    if (request.method !== 'POST') return passBack(await passOn(proxy, port, request, response), response);
    proxy.mischief++;
    const answers = [passOn(proxy, port, request, response), passOn(proxy, port, request, response)];
    for (const answer of answers) answer.catch(() => {});
    const first = await Promise.race(answers.map((answer, i) => answer.then((incoming) => ({ i, incoming }))));
    first.incoming.resume();
    passBack(await answers[1 - first.i], response);
  });
}

/** Gives up on every POST as soon as its answer begins, and sends it again. */
export function retrying(port) {
  return Proxy.http(async (proxy, request, response) => {
    if (request.method === 'POST') {
      const abandoned = await passOn(proxy, port, request, response);
      proxy.mischief++;
      abandoned.on('error', () => {});
      abandoned.destroy();
    }
    passBack(await passOn(proxy, port, request, response), response);
  });
}

/** Takes a response without a body for a broken one. */
export function eatingNoContent(port) {
  return Proxy.http(async (proxy, request, response) => {
    const incoming = await passOn(proxy, port, request, response);
    if (incoming.statusCode !== 204) return passBack(incoming, response);
    proxy.mischief++;
    response.destroy();
  });
}
