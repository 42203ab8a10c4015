/**
 * The client: asks questions of one server for one user, and follows each until its answer was shown. Make one for a page.
 *
 *   const holdfast = new Holdfast();
 *   const { result } = await holdfast.analyze({ threadId, prompt });
 */

import { Analysis } from './analysis.ts';
import type { Host } from './courier.ts';
import { keptQuestions, openStorage, type KeepingPlace, type KeptQuestions, type Question } from './kept.ts';
import type { Attention } from './delivery.ts';
import type { Run } from './protocol.ts';
import type { Sharing } from './sharing.ts';
import { uuidv7 } from './uuid.ts';
import { watchPage } from './page.ts';
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
  /** Milliseconds until the monitor looks what became of a question, and again after each such time. */
  monitorMs?: number;
  /** How tabs share runs and connections; without it each follows its runs by itself. */
  sharing?: Sharing;
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
  /** False: storage is denied or full, and a reload forgets questions that are under way. */
  get durable(): boolean {
    return this.kept.durable();
  }
  /** Those that are not settled, in the order in which they came. */
  get analyses(): Analysis[] {
    return [...this.#followed.values()];
  }

  protected readonly kept: KeptQuestions;
  readonly #host: Host;
  readonly #followed = new Map<string, Analysis>();
  protected readonly end = new AbortController();
  readonly #isShown: HoldfastOptions['isShown'];
  #visible = true;

  constructor(options: HoldfastOptions = {}) {
    const { baseUrl = '', storage = openStorage(), namespace = 'holdfast', monitorMs = kMonitorMs } = options;
    this.kept = keptQuestions(storage, `${namespace}.run.`);
    this.#host = {
      wire: openWire(baseUrl.replace(/\/+$/, ''), options.fetch ?? ((url, init) => fetch(url, init)), options.getToken),
      sharing: options.sharing,
      monitorMs,
      byHand: options.acknowledge === 'by-hand',
      log: options.log ?? console.info,
      over: (id, settled) => {
        if (settled) this.kept.drop(id);
        this.#followed.delete(id);
      },
    };
    this.#isShown = options.isShown;
    watchPage(this.end.signal, {
      wake: () => this.#each((analysis) => analysis.tell(['woke'])),
      look: (visible) => {
        this.#visible = visible;
        this.look();
      },
    });
  }

  /** The user looks at something else now: `isShown` is asked again. */
  look(): void {
    this.#each((analysis) => analysis.attend(this.#attention(analysis.question)));
  }

  /**
   * Writes the question down, sends it, and returns at once. With the `runId` of a run that is followed already it
   * returns that one, and nothing is sent.
   */
  analyze<Result = unknown>({ threadId, prompt, runId: wanted, more, signal }: AnalyzeRequest): Analysis<Result> {
    const runId = wanted?.toLowerCase() ?? uuidv7();
    const known = this.#followed.get(runId);
    if (known) return known as Analysis<Result>;
    const question: Question = { runId, threadId, prompt, createdAt: Date.now(), more };
    const analysis = this.#enlist(question, true) as Analysis<Result>;
    // This tab is in line for the run before the others hear of it; the request itself leaves a moment later.
    analysis.begin();
    this.kept.keep(question);
    if (!this.durable) this.#host.log('No storage', { run_id: runId });
    if (signal?.aborted) analysis.detach();
    signal?.addEventListener('abort', () => analysis.detach());
    return analysis as Analysis<Result>;
  }

  /** Follows a run that was found in a list of the server, or one that is followed already. */
  follow(run: Run): Analysis {
    return this.take({ runId: run.run_id, threadId: run.thread_id, prompt: run.prompt, createdAt: run.created_at }, false, run);
  }

  /**
   * Takes up every question that is kept here, oldest first, and (`inbox`) the answers that no client has acknowledged,
   * wherever they were asked. Call once when the page has loaded.
   */
  async resumeAll({ inbox = true } = {}): Promise<Analysis[]> {
    const found = this.kept.all().map((question) => this.take(question, true));
    if (!inbox) return found;
    const response = await this.request('/v1/runs?undelivered=true').catch(() => undefined);
    const { runs = [] } = ((await response?.json().catch(() => undefined)) ?? {}) as { runs?: Run[] };
    for (const run of runs) if (!this.follows(run.run_id)) found.push(this.follow(run));
    return found;
  }

  /** `fetch` of a path of the server in the user's name, with a fresh token after a 401. */
  request(path: string, init?: RequestInit): Promise<Response> {
    return this.#host.wire.send(path, init);
  }

  /** Follows nothing any more. With `forget`, what is kept here is dropped, too; its answers wait at the server. */
  close(forget = false): void {
    if (forget) for (const { runId } of this.kept.all()) this.kept.drop(runId);
    this.#each((analysis) => analysis.detach());
    this.end.abort();
    this.#host.sharing?.close();
  }

  /** Internal. */
  protected follows(runId: string): boolean {
    return this.#followed.has(runId);
  }

  /** `elsewhere`: another tab is just sending it. */
  protected take(question: Question, owned: boolean, run?: Run, elsewhere = false): Analysis {
    const known = this.#followed.get(question.runId);
    if (known) return known;
    const analysis = this.#enlist(question, owned, run);
    analysis.resume(elsewhere);
    return analysis;
  }

  #enlist(question: Question, owned: boolean, run?: Run): Analysis {
    const analysis = new Analysis(this.#host, question, owned, this.#attention(question), run);
    this.#followed.set(question.runId, analysis);
    return analysis;
  }

  #attention(question: Question): Attention {
    return this.#visible && (this.#isShown?.(question) ?? true) ? 'shown' : 'background';
  }

  #each(visit: (analysis: Analysis) => void): void {
    for (const analysis of this.analyses) visit(analysis);
  }
}
