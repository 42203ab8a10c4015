// The line between a browser and the server: it can be cut for good, mended, or cut once where certain bytes come by.
import { connect, createServer } from 'node:net';
import { listen } from '../delivery/ports.mjs';

export class Line {
  /** Times at which it broke at the marked place. */
  breaks = 0;
  #sockets = new Set();
  #isDown = false;

  /** `mark`: in the middle of the first bytes from the server that have it, the connection is reset, once. */
  static async open(upstreamPort, { mark } = {}) {
    const line = new Line();
    line.server = createServer((client) => line.#serve(client, upstreamPort, mark));
    line.port = await listen(line.server);
    return line;
  }

  /** No connection stands, and none is made. */
  cut() {
    this.#isDown = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  mend() {
    this.#isDown = false;
  }

  close() {
    this.cut();
    this.server.close();
  }

  #serve(client, upstreamPort, mark) {
    this.#hold(client);
    if (this.#isDown) return void client.resetAndDestroy();
    const upstream = connect(upstreamPort, '127.0.0.1');
    this.#hold(upstream);
    client.pipe(upstream);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroySoon());
    upstream.on('data', (bytes) => {
      const at = mark && this.breaks === 0 ? bytes.indexOf(mark) : -1;
      if (at < 0) return void client.write(bytes);
      this.breaks++;
      upstream.destroy();
      client.write(bytes.subarray(0, at + (mark.length >> 1)), () => client.resetAndDestroy());
    });
  }

  #hold(socket) {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
