// The routes of docs/openapi.yaml under /v1/threads/{thread_id}/checkpoints. Every request may be repeated without harm, so
// what fails in a way that can pass is repeated until the patience is used up.
import { setTimeout as pause } from 'node:timers/promises';

/** An answer of Holdfast that is no success; `status` and `problem` (RFC 9457) say why. */
export class HoldfastError extends Error {
  constructor(status, problem) {
    super(`Holdfast answered ${status}: ${problem.detail ?? problem.title ?? 'no reason given'}`);
    Object.assign(this, { name: 'HoldfastError', status, problem });
  }
}

const longestPause = 5_000;

export class StorageClient {
  /** `url`: "http://127.0.0.1:8000". `token`: an API key, a login token, or the worker token of a run. `patience`: milliseconds. */
  constructor({ url, token, patience = 30_000, fetch = globalThis.fetch }) {
    if (!url) throw new TypeError('the url of Holdfast is missing');
    Object.assign(this, { url: url.replace(/\/+$/, ''), token, patience, fetch });
  }

  putCheckpoint(place, body) {
    return this.#send('PUT', pathOf(place), { namespace: place.namespace }, body);
  }

  putWrites(place, task, writes) {
    return this.#send('PUT', `${pathOf(place)}/writes/${encodeURIComponent(task)}`, { namespace: place.namespace }, { writes });
  }

  /** Undefined: there is none. */
  async getCheckpoint(place) {
    return this.#send('GET', pathOf(place), { namespace: place.namespace });
  }

  /** One page, newest first: `{checkpoints, next_cursor}`. Without `thread_id`: of all threads. */
  listCheckpoints({ thread_id, ...query }) {
    const path = thread_id === undefined ? '/v1/checkpoints' : `/v1/threads/${encodeURIComponent(thread_id)}/checkpoints`;
    return this.#send('GET', path, query);
  }

  deleteCheckpoints(thread_id) {
    return this.#send('DELETE', `/v1/threads/${encodeURIComponent(thread_id)}/checkpoints`, {});
  }

  async #send(method, path, query, body) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const target = `${this.url}${path}${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}`;
    const headers = { Accept: 'application/json', ...(this.token && { Authorization: `Bearer ${this.token}` }) };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const init = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
    const end = performance.now() + this.patience;
    for (let wait = 100; ; wait = Math.min(wait * 2, longestPause)) {
      const { answer, failure, after = wait } = await this.#once(target, init);
      if (!failure) return answer;
      if (performance.now() + after > end) throw failure;
      await pause(after);
    }
  }

  /** The answer, or a failure that may pass; any other failure is thrown. */
  async #once(target, init) {
    let response;
    try {
      response = await this.fetch(target, init);
      const text = await response.text();
      if (response.ok) return { answer: text === '' ? undefined : JSON.parse(text) };
      if (response.status === 404 && init.method === 'GET') return { answer: undefined };
      const failure = new HoldfastError(response.status, problemIn(text));
      if (response.status !== 503 && response.status !== 429) throw failure;
      const after = Number(response.headers.get('retry-after')) * 1000 || undefined;
      return { failure, after: after && Math.min(after, longestPause) };
    } catch (error) {
      if (error instanceof HoldfastError) throw error;
      return { failure: error }; // The connection: the server is away, or was restarted in the middle.
    }
  }
}

function pathOf({ thread_id, checkpoint_id }) {
  return `/v1/threads/${encodeURIComponent(thread_id)}/checkpoints/${encodeURIComponent(checkpoint_id)}`;
}

function problemIn(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { title: text.slice(0, 200) };
  }
}
