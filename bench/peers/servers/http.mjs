// What every peer's server has in front: POST /analyze, JSON in and out, on a loopback port.
import { createServer } from 'node:http';

/** `analyze(request)` resolves to the answer once it is durable. */
export function serve(analyze) {
  const answer = async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    let status = 200;
    let text;
    try {
      text = JSON.stringify(await analyze(JSON.parse(Buffer.concat(pieces))));
    } catch (error) {
      status = 500;
      text = JSON.stringify({ detail: String(error?.stack ?? error) });
    }
    response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
    response.end(text);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      console.error(error);
      process.exit(1);
    });
  });
  server.listen(Number(process.env.PEER_PORT), '127.0.0.1', () => console.log('peer: listening'));
}

export const databaseUrl = process.env.PEER_DATABASE;
export const poolSize = Number(process.env.PEER_POOL);
