// Ports below the range from which the kernel takes those of outgoing connections. In that range a server that
// was killed could find its port taken when it comes back, and a client that knocks meanwhile could connect to itself.
import { once } from 'node:events';
import { createServer } from 'node:net';

const first = 20_000;
const count = 12_000;

/** Makes `server` listen on the loopback address. Resolves to its port. */
export async function listen(server) {
  for (;;) {
    const port = first + Math.floor(Math.random() * count);
    server.listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
      return port;
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error;
    }
  }
}

export async function freePort() {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}
