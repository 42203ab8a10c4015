// A server that gives the pages of the program and says of everything else what was written down (record.mjs).
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { listen } from '../../delivery/ports.mjs';

export class Replay {
  /** Asked for, and not written down. */
  unknown = [];
  #server;

  /** `base`: the program, which has the pages. `name`: of the recording. */
  static async open(base, name) {
    const replay = new Replay();
    const recording = JSON.parse(readFileSync(new URL(`recorded/${name}.json`, import.meta.url), 'utf8'));
    replay.at = recording.at;
    replay.#server = createServer((request, response) => void replay.#answer(base, recording.answers, request, response));
    replay.base = `http://127.0.0.1:${await listen(replay.#server)}`;
    return replay;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(base, answers, { method, url }, response) {
    const answer = method === 'GET' ? answers[url] : undefined;
    if (answer) {
      response.writeHead(200, { 'Content-Type': answer.type });
      if (answer.isOpen) response.write(answer.body);
      else response.end(answer.body);
    } else if (/^\/(console)?$|^\/assets\//.test(url)) {
      const page = await fetch(base + url);
      response.writeHead(page.status, { 'Content-Type': page.headers.get('content-type') });
      response.end(Buffer.from(await page.arrayBuffer()));
    } else {
      this.unknown.push(`${method} ${url}`);
      response.writeHead(404).end();
    }
  }
}
