// Speaks docs/worker-protocol.md for a worker behind Holdfast; without Holdfast in front it answers plain JSON.
//
// Work is a function of a Run that returns its result, or an (asynchronous) generator that yields what happens on the way:
//
//   async function* analyze(run) {
//     const state = run.checkpoint ?? {};                // where the attempt before this one was lost
//     yield run.progress('schema', 'Reading 2 tables');
//     yield run.save('schema', { ...state, tables: 2 });
//     yield run.delta('In 1995 ');
//     return { result: 'In 1995 it was 79.5' };
//   }
//   http.createServer(serve(analyze));                   // or app.post('/analyze', serve(analyze)) with Express
//
// When a run is cancelled its connection is closed: run.signal is aborted, and the generator returns at its next yield.
// Node 20 or later, nothing else.

export const EVENTS = 'application/vnd.holdfast.events+ndjson';
/** Bytes; Holdfast refuses a longer line. */
export const MAX_LINE = 1024 * 1024;
/** Bytes that serve() reads of a request. */
export const MAX_BODY = 8 * 1024 * 1024;
const PIECE = 128 * 1024; // Characters of a delta line: six bytes each at worst.

/** The run fails with this `code` and message; with `retryable` it is tried again while it has attempts left. */
export class Refused extends Error {
  constructor(message, { code = 'failed_precondition', retryable = false, status = 422 } = {}) {
    super(message);
    Object.assign(this, { code, retryable, status });
  }
}

/** One event. `bytes` is empty where nobody listens. */
class Line {
  constructor(bytes, last = false, value = undefined) {
    Object.assign(this, { bytes, last, value });
  }
}

/** One attempt at a run. */
export class Run {
  #gone = new AbortController();
  #ends;

  /** `headers`: of http, a Headers, or any object with lower-case names. `body`: bytes, text, or the parsed object. */
  constructor(headers, body) {
    const get = (name) => (typeof headers.get === 'function' ? headers.get(name) : headers[name]) ?? '';
    const { holdfast = {}, ...rest } = parse(body);
    /** The client's JSON object, without what Holdfast added to it. */
    this.body = rest;
    /** Holdfast is in front and takes events. */
    this.streams = get('accept').includes(EVENTS);
    this.id = get('holdfast-run-id') || undefined;
    this.attempt = Number(get('holdfast-attempt') || 1);
    this.user = decodeURIComponent(get('holdfast-user')) || undefined;
    /** Keep conversations by this. */
    this.threadKey = get('holdfast-thread-key') || undefined;
    /** What save() was given last, in an attempt that was lost; and the name of that step. */
    this.checkpoint = holdfast.checkpoint?.state;
    this.step = holdfast.checkpoint?.step;
    this.history = holdfast.history ?? [];
    /** normal, warning, critical or emergency; and the bytes this run is expected to need at most. */
    this.memoryLevel = get('holdfast-memory-level') || 'normal';
    this.memoryReserved = get('holdfast-memory-reserved-bytes') ? Number(get('holdfast-memory-reserved-bytes')) : undefined;
    /** Of the Holdfast in front, for this worker; and what opens this run's thread there, while it runs. */
    this.url = get('holdfast-url') || undefined;
    this.token = get('holdfast-token') || undefined;
    const limit = get('holdfast-deadline-ms');
    this.#ends = limit === '' ? Infinity : performance.now() + Number(limit);
  }

  /** Aborted when the run is cancelled. Hand it to fetch() and to timers. */
  get signal() {
    return this.#gone.signal;
  }

  abort() {
    this.#gone.abort(new Error('the run was cancelled'));
  }

  /** Milliseconds until the worker is stopped; Infinity without Holdfast. */
  remaining() {
    return Math.max(0, this.#ends - performance.now());
  }

  progress(step, message = '') {
    return this.#line({ type: 'progress', step, message });
  }

  /** A checkpoint: the next attempt finds `state` in run.checkpoint. It is JSON, and a line of MAX_LINE at most. */
  save(step, state) {
    return this.#line({ type: 'checkpoint', step, state: state === undefined ? null : state });
  }

  /** A piece of the answer, shown at once. A long one is sent in several lines. */
  delta(text) {
    const pieces = [];
    for (let at = 0, end; at < text.length; at = end) {
      end = Math.min(at + PIECE, text.length);
      if (/[\uD800-\uDBFF]/.test(text[end - 1]) && end < text.length) end--; // A pair stays together.
      pieces.push(this.#line({ type: 'delta', text: text.slice(at, end) }).bytes);
    }
    return new Line(Buffer.concat(pieces));
  }

  /** The last word. `return value` says the same. */
  result(value = null) {
    return new Line(this.#line({ type: 'result', result: value }).bytes, true, value);
  }

  #line(event) {
    if (!this.streams) return new Line(Buffer.alloc(0));
    const bytes = Buffer.from(`${json(event)}\n`);
    if (bytes.length <= MAX_LINE) return new Line(bytes);
    throw new RangeError(
      `a ${event.type} of ${bytes.length} bytes: Holdfast takes lines of ${MAX_LINE} bytes; keep large data in a file or a database and save its name`,
    );
  }
}

/** A handler for http.createServer and Express: answers with `work`, as a stream for Holdfast, as JSON for others. */
export function serve(work) {
  return async (request, response) => {
    let run;
    try {
      run = new Run(request.headers, request.body ?? (await read(request)));
    } catch (error) {
      return sendPlain(response, failureOf(error));
    }
    response.on('close', () => response.writableFinished || run.abort());
    if (!run.streams) return sendPlain(response, await plain(run, work));
    response.writeHead(200, { 'Content-Type': EVENTS });
    for await (const bytes of stream(run, work)) {
      if (response.destroyed) break;
      if (!response.write(bytes)) await drained(response);
    }
    response.end();
  };
}

/** The lines of `work` as bytes, the last one its result or its error. For anything that can send a stream. */
export async function* stream(run, work) {
  try {
    for await (const line of events(run, work)) if (line.bytes.length > 0) yield line.bytes;
  } catch (error) {
    if (run.signal.aborted) return; // Nobody listens, and to have been stopped is no error.
    const { body } = failureOf(error);
    yield Buffer.from(`${json({ type: 'error', ...body.error })}\n`);
  }
}

// What is below is not for users of this module.

async function* events(run, work) {
  const made = work(run);
  if (typeof made?.next !== 'function') return yield run.result(await made);
  try {
    for (;;) {
      const { done, value } = await made.next();
      if (done) return yield run.result(value);
      if (!(value instanceof Line)) throw new TypeError('work yields what run.progress(), save(), delta() or result() return');
      yield value;
      if (value.last) return;
    }
  } finally {
    await made.return?.();
  }
}

async function plain(run, work) {
  try {
    let value;
    for await (const line of events(run, work)) if (line.last) value = line.value;
    json(value);
    return { status: 200, body: value };
  } catch (error) {
    return failureOf(error);
  }
}

/** The stack is for the log, not for the client. */
function failureOf(error) {
  if (error instanceof Refused) {
    const { code, message, retryable, status } = error;
    return { status, body: { error: { code, message: message.slice(0, 4000), retryable } } };
  }
  console.error(error);
  const why = error instanceof RangeError ? error.message : 'its log has more';
  const message = `the worker raised ${error?.name ?? 'an error'}: ${why}`;
  return { status: 500, body: { error: { code: 'internal', message, retryable: false } } };
}

function sendPlain(response, { status, body }) {
  const text = Buffer.from(json(body));
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': text.length }).end(text);
}

/** A lone surrogate is no UTF-8: Buffer.from() makes it a replacement character, as long as it is not escaped. */
function json(value) {
  const text = JSON.stringify(value, (_, one) => (typeof one === 'string' ? one.toWellFormed() : one));
  if (text === undefined) throw new TypeError('this is no JSON');
  return text;
}

function parse(body) {
  let parsed = body;
  try {
    if (typeof body === 'string' || body instanceof Uint8Array) parsed = JSON.parse(Buffer.from(body).toString());
  } catch (error) {
    throw new Refused(`the body is not JSON: ${error.message}`, { code: 'invalid_argument' });
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new Refused('the body must be a JSON object', { code: 'invalid_argument' });
  }
  return parsed;
}

async function read(request) {
  const pieces = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size > MAX_BODY) throw new Refused(`a body of more than ${MAX_BODY} bytes`, { code: 'invalid_argument', status: 413 });
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function drained(response) {
  return new Promise((go) => {
    response.once('drain', go);
    response.once('close', go);
  });
}
