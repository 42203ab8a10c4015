// The line to the server, which counts bytes in both directions, and can hold event streams back as some proxies do.
import { connect, createServer } from 'node:net';
import { listen } from '../../tests/e2e/delivery/ports.mjs';

export class CountingLine {
  sent = 0;
  received = 0;
  #sockets = new Set();

  static async open(upstreamPort, { holdStreams = false } = {}) {
    const line = new CountingLine();
    line.server = createServer((client) => line.#serve(client, upstreamPort, holdStreams));
    line.port = await listen(line.server);
    return line;
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
  }

  #serve(client, upstreamPort, holdStreams) {
    const upstream = connect(upstreamPort, '127.0.0.1');
    let isHeld = false;
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroySoon());
    client.on('data', (bytes) => {
      this.sent += bytes.length;
      isHeld = holdStreams && /^GET \S+\/events /.test(bytes.subarray(0, 200).toString('latin1'));
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (isHeld) return;
      this.received += bytes.length;
      client.write(bytes);
    });
  }
}
