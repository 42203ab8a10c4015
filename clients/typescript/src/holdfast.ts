/**
 * The client: asks questions of one server for one user, and follows each until its answer was shown. Make one for a page.
 *
 *   const holdfast = new Holdfast();
 *   const { result } = await holdfast.analyze({ threadId, prompt });
 */

import { Analysis, type Host } from './analysis.ts';
import { keptQuestions, type KeepingPlace, type KeptQuestions, type Question } from './kept.ts';
import { membersOf, type Run } from './protocol.ts';
import { seats } from './seats.ts';
import { openTabs } from './tabs.ts';
import { uuidv7 } from './uuid.ts';
import { openWire, type Fetch, type GetToken } from './wire.ts';

export interface HoldfastOptions {
  /** The origin of the server; the page's own when it is left out. */
  baseUrl?: string;
  getToken?: GetToken;
  fetch?: Fetch;
  /** Where questions are kept; `null`: nowhere but in memory. `localStorage` when it is left out. */
  storage?: KeepingPlace | null;
  /** Keeps clients of one origin apart, in storage and between tabs. */
  namespace?: string;
  /** Connections held open at a time, over all tabs. In a browser 4, elsewhere without limit. */
  connections?: number;
  /** Milliseconds until the monitor looks what became of a question, and again after each such time. */
  monitorMs?: number;
  /** Whether the user looks at this run while the page is seen; others hold no connection. All of them when left out. */
  isShown?: (question: Question) => boolean;
  /** `when-read`: an answer is acknowledged when it was given to a listener, a loop or an `await`. */
  acknowledge?: 'when-read' | 'by-hand';
  /** `Timeout Monitor`, `Recovery successful` and warnings go here; to the console when it is left out. */
  log?: (message: string, details: Record<string, unknown>) => void;
}

export interface AnalyzeRequest {
  threadId: string;
  prompt: string;
  /** A UUID of one's own. Asking again with it joins the run. */
  runId?: string;
  /** Other members of the request, handed to the backend as they are. */
  more?: Record<string, unknown>;
  /** Ends the following of the run (`detach`), not the run. */
  signal?: AbortSignal;
}

const kMonitorMs = 30_000;

export class Holdfast {
  /** A question that another tab has just asked is followed here, too. */
  onAnalysis: (analysis: Analysis) => void = () => undefined;
  readonly #kept: KeptQuestions;
  readonly #host: Host;
  readonly #isShown: HoldfastOptions['isShown'];
  readonly #followed = new Map<string, Analysis>();
  readonly #end = new AbortController();

  constructor(options: HoldfastOptions = {}) {
    const { baseUrl = '', namespace = 'holdfast', monitorMs = kMonitorMs, log = console.info } = options;
    const locks = globalThis.navigator?.locks as LockManager | undefined;
    const kept = (this.#kept = keptQuestions(options.storage, `${namespace}.run.`));
    this.#isShown = options.isShown;
    this.#host = {
      send: openWire(baseUrl.replace(/\/+$/, ''), options.fetch ?? ((url, init) => fetch(url, init)), options.getToken),
      tabs: openTabs(namespace, locks),
      seat: seats(namespace, locks, options.connections),
      monitorMs,
      byHand: options.acknowledge === 'by-hand',
      log,
      over: (id, settled) => {
        if (settled) kept.drop(id);
        this.#followed.delete(id);
      },
    };
    if (globalThis.document) this.#watchPage();
  }

  /** False: storage is denied or full, and a reload forgets questions that are under way. */
  get durable(): boolean {
    return this.#kept.durable();
  }

  /** Those that are not settled, in the order in which they came. */
  get analyses(): Analysis[] {
    return [...this.#followed.values()];
  }

  /** The user looks at something else now: `isShown` is asked again. */
  look(): void {
    for (const analysis of this.analyses) analysis.look(this.#looksAt(analysis.question));
  }

  /**
   * Writes the question down, sends it, and returns at once. With the `runId` of a run that is followed already it
   * returns that one, and nothing is sent.
   */
  analyze<Result = unknown>({ threadId, prompt, runId: wanted, more, signal }: AnalyzeRequest): Analysis<Result> {
    const runId = (wanted ?? uuidv7()).toLowerCase();
    const known = this.#followed.get(runId) as Analysis<Result> | undefined;
    if (known) return known;
    const question: Question = { runId, threadId, prompt, createdAt: Date.now(), more };
    // This tab leads before the others hear of the question; the request itself leaves a moment later.
    const analysis = this.#follow(question, 'begin', true) as Analysis<Result>;
    this.#kept.keep(question);
    if (!this.durable) this.#host.log('No storage', { run_id: runId });
    const detach = () => analysis.detach();
    if (signal?.aborted) detach();
    signal?.addEventListener('abort', detach);
    return analysis;
  }

  /** Follows a run that was found in a list of the server, or one that is followed already. */
  follow(run: Run): Analysis {
    return this.#follow({ runId: run.run_id, threadId: run.thread_id, prompt: run.prompt, createdAt: run.created_at }, 'resume', true, run);
  }

  /**
   * Takes up every question that is kept here, oldest first, and (`inbox`) the answers that no client has acknowledged,
   * wherever they were asked. Call once when the page has loaded.
   */
  async resumeAll({ inbox = true } = {}): Promise<Analysis[]> {
    const found = this.#kept.all().map((question) => this.#follow(question, 'resume', true));
    if (inbox) {
      const text = await this.request('/v1/runs?undelivered=true').then((response) => response.text()).catch(() => '');
      const { runs = [] } = membersOf<{ runs: Run[] }>(text);
      for (const run of runs) if (!this.#followed.has(run.run_id)) found.push(this.follow(run));
    }
    return found;
  }

  /** `fetch` of a path of the server in the user's name, with a fresh token after a 401. */
  request(path: string, init?: RequestInit): Promise<Response> {
    return this.#host.send(path, init);
  }

  /** Follows nothing any more. With `forget`, what is kept here is dropped, too; its answers wait at the server. */
  close(forget = false): void {
    if (forget) for (const { runId } of this.#kept.all()) this.#kept.drop(runId);
    for (const analysis of this.analyses) analysis.detach();
    this.#end.abort();
    this.#host.tabs.close();
  }

  /** The one that is followed, or a new one that begins so. */
  #follow(question: Question, how: 'begin' | 'resume', seize: boolean, run?: Run): Analysis {
    const { runId } = question;
    const known = this.#followed.get(runId);
    if (known) return known;
    const analysis = new Analysis(this.#host, question, this.#looksAt(question), run);
    this.#followed.set(runId, analysis);
    analysis.start(how, seize);
    return analysis;
  }

  #looksAt(question: Question): boolean {
    return globalThis.document?.visibilityState !== 'hidden' && (this.#isShown?.(question) ?? true);
  }

  /** What happens to the page: it is seen or not, sleeps and wakes, gets its network back; another tab keeps a question. */
  #watchPage(): void {
    // Caught on their way down, also those that are told to the document.
    const on = { signal: this.#end.signal, capture: true };
    for (const type of ['online', 'pageshow', 'resume', 'visibilitychange']) {
      addEventListener(type, () => {
        if (type === 'visibilitychange') this.look();
        for (const analysis of this.analyses) analysis.tell(['woke']);
      }, on);
    }
    addEventListener('storage', ({ key, newValue }) => {
      const question = this.#kept.read(key, newValue);
      if (question && !this.#followed.has(question.runId)) this.onAnalysis(this.#follow(question, 'resume', false));
    }, on);
  }
}
