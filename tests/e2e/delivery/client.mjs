// A small honest client: it chooses the run id, asks again by the contract whenever something is lost, shows an
// answer once, and acknowledges it then. What it was told is kept for the verdict.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { EventReader, Lost, exchange } from './wire.mjs';

const restMs = 25;
/** What an answer is, whichever way it came: the worker signs it with its pid and attempt. */
export function answerOf({ result, pid, attempt }) {
  return { text: result, pid, attempt };
}

const terminal = ['completed', 'failed', 'cancelled', 'expired'];

export class Client {
  runId = randomUUID();
  threadId = this.runId;
  prompt = `Kolik? 🙂 ${this.runId}`;
  /** On the screen. */
  shown = [];
  /** Every answer that came whole. */
  received = [];
  /** Ids of the events that were new, and of those that were not. */
  events = [];
  repeated = [];
  pieces = '';
  answeredByStream = false;
  /** The server has begun an answer: from then on it knows the run, whatever happens to it. */
  accepted = false;
  /** Early bytes and heartbeats over the connection in use, and waits that the server ended in order. */
  signs = 0;
  waits = 0;
  losses = 0;

  /** A stream that was lost `trust` times without bringing anything new is cut by something on the way. */
  constructor(port, { patience = 60_000, trust = 3 } = {}) {
    this.port = port;
    this.patience = patience;
    this.trust = trust;
  }

  /** Asks in one of the ways below until the answer is there. */
  async ask(way) {
    const answer = await ways[way](this);
    this.received.push(answer);
    return answer;
  }

  show(answer) {
    this.shown.push(answer);
  }

  /** As often as it takes. A 204 that never comes through is looked for in the run. */
  async acknowledge() {
    for (let tries = 1; ; tries++) {
      const reply = await this.once('POST', `/v1/runs/${this.runId}/ack`);
      if (reply?.status === 204) return;
      if (reply && reply.status < 500) throw new Error(`acknowledgement refused: ${reply.status} ${reply.text}`);
      if (tries % 3 === 0) {
        const look = await this.once('GET', `/v1/runs/${this.runId}`);
        if (look?.status === 200 && JSON.parse(look.text).delivered_at) return;
      }
      await pause(restMs);
    }
  }

  /** One exchange; undefined when it was lost. */
  async once(method, path, options = {}) {
    this.signs = 0;
    const hear = (text) => {
      this.signs += text.trim() === '' ? text.length : (text.match(/^:/gm)?.length ?? 0);
      options.hear?.(text);
    };
    const head = ({ status }) => (this.accepted ||= status < 300);
    try {
      return await exchange(this.port, method, path, { patience: this.patience, ...options, hear, head });
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      this.losses++;
      await pause(restMs);
      return undefined;
    }
  }

  /** Posts until it is answered: the run id makes the repetition a question about the same run. */
  async post(path, { prefer, body = {}, ...options } = {}) {
    const headers = { ...(prefer && { Prefer: prefer }), ...options.headers };
    const whole = { prompt: this.prompt, run_id: this.runId, ...(path === '/analyze' && { thread_id: this.threadId }), ...body };
    const reply = await this.once('POST', path, { ...options, headers, body: whole });
    if (!reply) return undefined;
    if (reply.status < 300) return reply;
    if (reply.status !== 503 && reply.status < 500) throw new Error(`refused: ${reply.status} ${reply.text}`);
    await pause(restMs);
    return undefined;
  }

  /** The answer in a run object; undefined while it has none. */
  answerIn(text) {
    const run = JSON.parse(text);
    if (!terminal.includes(run.status)) return undefined;
    if (run.status !== 'completed') throw new Error(`the run ended otherwise: ${text}`);
    return answerOf(run.result);
  }

  /** Long poll with the tag of what is known, to the end. */
  async poll() {
    for (let etag = ''; ; ) {
      const headers = { Prefer: 'wait=25', ...(etag && { 'If-None-Match': etag }) };
      const reply = await this.once('GET', `/v1/runs/${this.runId}`, { headers });
      if (!reply) continue;
      if (reply.status === 404) throw new Error('an accepted run is not known');
      const answer = reply.status === 200 && this.answerIn(reply.text);
      if (answer) return answer;
      if (reply.status < 400) this.waits++;
      etag = reply.headers.etag ?? etag;
      await pause(restMs);
    }
  }

  /** Takes the new ones of some events. Resolves to the answer if it is among them. */
  take(events, answerIn) {
    let answer;
    for (const event of events) {
      if (answer) throw new Error(`an event after the last one: ${event.data}`);
      if (event.id !== undefined) {
        const isNew = Number(event.id) > (this.events.at(-1) ?? 0);
        (isNew ? this.events : this.repeated).push(Number(event.id));
        if (!isNew) continue;
      }
      const data = JSON.parse(event.data);
      if (event.event === 'delta') this.pieces += data.text;
      if (data.type === 'answer_chunk') this.pieces += data.token;
      answer = answerIn(event, data);
    }
    if (answer) this.answeredByStream = true;
    return answer;
  }

  /**
   * Follows a stream over as many connections as it takes: `open(options)` makes one exchange. When the way does
   * not let streams through, the answer is fetched by long poll.
   */
  async follow(open, answerIn) {
    let answer;
    for (let fruitless = 0; fruitless < this.trust; ) {
      const before = this.events.length;
      const reader = new EventReader();
      const hear = (text) => (answer = this.take(reader.feed(text), answerIn) ?? answer);
      const headers = this.events.length ? { 'Last-Event-ID': String(this.events.at(-1)) } : {};
      await open({ headers, hear });
      if (answer) return answer;
      fruitless = this.events.length > before || !this.accepted ? 0 : fruitless + 1;
    }
    return this.poll();
  }
}

const nativeAnswer = (event, data) => (event.event === 'done' ? answerOf(data.result) : undefined);
const compatibleAnswer = (_event, data) => (data.type === 'final' ? answerOf(data.data) : undefined);

async function followEvents(client) {
  return client.follow(
    ({ headers, hear }) => client.once('GET', `/v1/runs/${client.runId}/events`, { headers: { Accept: 'text/event-stream', ...headers }, hear }),
    nativeAnswer,
  );
}

async function postUntilAccepted(client) {
  for (;;) {
    const reply = await client.post(`/v1/threads/${client.threadId}/runs`, { prefer: 'respond-async' });
    if (reply) return client.answerIn(reply.text);
  }
}

/** Every way of asking that the contract knows. */
export const ways = {
  'plain POST /analyze': async (client) => {
    for (;;) {
      const reply = await client.post('/analyze');
      const body = reply && JSON.parse(reply.text);
      if (body?.analysis_completed) return answerOf(body);
    }
  },
  'plain POST of a run': async (client) => {
    for (;;) {
      const reply = await client.post(`/v1/threads/${client.threadId}/runs`);
      const answer = reply && client.answerIn(reply.text);
      if (answer) return answer;
    }
  },
  'POST /analyze with stream: true': (client) =>
    client.follow(({ headers, hear }) => client.post('/analyze', { body: { stream: true }, headers, hear }), compatibleAnswer),
  'POST of a run with Accept: text/event-stream': (client) =>
    client.follow(({ headers, hear }) => {
      const options = { headers: { Accept: 'text/event-stream', ...headers }, hear };
      if (client.accepted) return client.once('GET', `/v1/runs/${client.runId}/events`, options);
      return client.post(`/v1/threads/${client.threadId}/runs`, options);
    }, nativeAnswer),
  'Prefer: wait': async (client) => {
    for (;;) {
      const reply = await client.post(`/v1/threads/${client.threadId}/runs`, { prefer: 'wait=25' });
      const answer = reply && client.answerIn(reply.text);
      if (answer) return answer;
      if (reply) client.waits++;
    }
  },
  'respond-async and long poll': async (client) => (await postUntilAccepted(client)) ?? client.poll(),
  'respond-async and GET events': async (client) => (await postUntilAccepted(client)) ?? followEvents(client),
};

export const streamingWays = Object.keys(ways).filter((way) => /stream|events/.test(way));
