/**
 * A run as its client sees it: what it stands at, its answer as a promise, its course as events or as an iteration.
 * One thing is done for it at a time; what an abandoned one still reports is dropped. Beside it run the monitor and the word
 * of the other tabs. Owned by whoever asked; Holdfast keeps it until it is settled. Not to be used from several threads.
 */

import { carryOut } from './courier.ts';
import { needsLogin, newDelivery, type Delivery, type Via } from './delivery.ts';
import { HoldfastError, type ErrorCode } from './errors.ts';
import type { Question } from './kept.ts';
import { step, type Happening } from './machine.ts';
import { isTerminal, type Run, type RunStatus } from './protocol.ts';
import type { TakeSeat } from './seats.ts';
import type { Report } from './stream.ts';
import type { Listener as Ear, Place, Tabs } from './tabs.ts';
import type { Send } from './wire.ts';

/** `recovering`: the way to the run is lost or silent and is being looked for; the run goes on meanwhile. */
export type AnalysisStatus = 'sending' | RunStatus | 'recovering' | 'refused';

/** The run as it ended, and how its answer came. */
export interface Answer<Result = unknown> extends Omit<Run, 'via'> {
  /** What the backend answered. */
  result: Result;
  /** How it came to this client. */
  via: Via;
  /** It did not come on the way on which it was asked for: something broke, or the page was loaded anew. */
  recovery_mode: boolean;
}

export interface AnalysisEvents {
  /** After every change of `state`. */
  change: Delivery;
  /** `Timeout Monitor`: no answer after `waitedMs`, from the question on. `alive`: the server was heard a moment ago. */
  monitor: { waitedMs: number; alive: boolean };
  /** `Recovery successful`: the answer came although something broke. Before `answer`. */
  recovered: Answer;
  /** Exactly once. Whoever listens has shown it when the function returns, unless `acknowledge` is `by-hand`. */
  answer: Answer;
}

type Listener<T> = (value: T) => void;

/** What all runs of a client share. */
export interface Host {
  send: Send;
  tabs: Tabs;
  seat: TakeSeat;
  /** When the monitor fires, in milliseconds. */
  monitorMs: number;
  /** An answer is acknowledged only by `shown()`. */
  byHand: boolean;
  log: (message: string, details: Record<string, unknown>) => void;
  /** `settled`: nothing is to be kept of it any more; else it is only not followed. */
  over: (runId: string, settled: boolean) => void;
}

/** Whoever follows the run has heard the server by then, also by a long poll. */
const kSilentMs = 35_000;

export class Analysis<Result = unknown> implements PromiseLike<Answer<Result>>, AsyncIterable<Delivery> {
  /** A new object after every change. Not to be changed. */
  state: Delivery;
  readonly #ears = new Set<[string, Listener<never>]>();
  #current = new AbortController();
  #place?: Place;
  #heardAt = performance.now();
  #timer?: ReturnType<typeof setInterval>;
  #detached = false;

  /** Internal: made by Holdfast. `run`: it was found in a list. */
  constructor(
    private readonly host: Host,
    readonly question: Question,
    isShown: boolean,
    run?: Run,
  ) {
    this.state = newDelivery(question.runId, isShown, run);
  }

  get id(): string {
    return this.question.runId;
  }

  get status(): AnalysisStatus {
    const { view, refusal, trouble } = this.state;
    if (refusal) return 'refused';
    return trouble && !isTerminal(view.status) ? 'recovering' : view.status;
  }

  /** Undefined while there is none, also when the run ended without one. */
  get answer(): Answer<Result> | undefined {
    const { via, recovered, view: { run } } = this.state;
    return run?.status === 'completed' ? ({ ...run, via, recovery_mode: !!recovered } as Answer<Result>) : undefined;
  }

  /** Why there is none and will be none; undefined while that is open. */
  get error(): HoldfastError | undefined {
    const { view: { status, run }, refusal } = this.state;
    const fail = (code: ErrorCode, message: string) => new HoldfastError(message, { code, runId: this.id, run, problem: refusal });
    if (status === 'completed') return undefined;
    if (refusal) return fail(needsLogin(this.state) ? 'unauthorized' : 'refused', refusal.detail || refusal.title);
    if (isTerminal(status)) return fail(status as ErrorCode, run?.error?.message ?? status);
    return this.#detached ? fail('detached', 'it goes on') : undefined;
  }

  /** Listens from now on; returns the end of that. For what has been there is `then`. */
  on<K extends keyof AnalysisEvents>(type: K, listener: Listener<AnalysisEvents[K]>): () => void {
    const ear: [string, Listener<never>] = [type, listener];
    this.#ears.add(ear);
    return () => void this.#ears.delete(ear);
  }

  /** Waiting never sends a question. Rejects with HoldfastError. */
  then<A = Answer<Result>, B = never>(
    done?: ((answer: Answer<Result>) => A | PromiseLike<A>) | null,
    failed?: ((error: HoldfastError) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#outcome().then(done, failed);
  }

  /** The states from now on, the last one included; those that come while the loop is busy are passed over. */
  async *[Symbol.asyncIterator](): AsyncIterator<Delivery> {
    let wake: () => void = () => undefined;
    const stop = this.on('change', () => wake());
    try {
      for (;;) {
        const { state } = this;
        const over = this.answer ?? this.error;
        yield state;
        if (over) return this.#read();
        if (state === this.state) await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      stop();
    }
  }

  /** Stops the work. The server says how it ended: an answer that was there first is still shown. */
  cancel(): void {
    this.tell(['cancel']);
    this.#seize();
  }

  /** Stops following. The run goes on; its answer waits in the inbox, and here for `resumeAll()`. */
  detach(): void {
    if (this.#detached) return;
    this.#detached = true;
    this.#current.abort();
    this.#part();
    this.#emit('change', this.state);
    this.host.over(this.id, false);
  }

  /** The user has seen the end of the run: it is acknowledged. Needed where `acknowledge` is `by-hand`. */
  shown(): void {
    this.tell(['shown']);
    if (this.state.wasShown) this.#place?.say(['shown']);
  }

  /** Goes on after `unauthorized`: `getToken` has a valid one now. */
  signedIn(): void {
    this.tell(['signedIn']);
    if (this.state.phase === 'watching' && !this.#place) this.#accompany(true);
  }

  /**
   * Internal. `begin`: a new question; this tab leads, and takes the lock from one that was told of it and was quicker.
   * `resume`: one that is kept, or was found in a list. `seize`: the lead is taken from another tab; false where that is
   * just sending it.
   */
  start(how: 'begin' | 'resume', seize: boolean): void {
    this.tell([how]);
    this.#accompany(seize);
  }

  /** Internal. What happened, and what is to be done then. */
  tell(happening: Happening): void {
    const before = this.state;
    const state = step(before, happening);
    if (this.#detached || state === before) return;
    this.state = state;
    if (state.turn !== before.turn) this.#work();
    if (state.leads) this.#say();
    if (state.phase === 'settled') {
      this.#part();
      if (!needsLogin(state)) this.host.over(this.id, true);
    }
    this.#emit('change', state);
    const { answer } = this;
    if (before.view.run || !answer) return;
    if (answer.recovery_mode) {
      this.host.log('Recovery successful', { run_id: this.id, via: answer.via });
      this.#emit('recovered', answer);
    }
    if (this.#emit('answer', answer)) this.#read();
  }

  /** Internal. */
  look(isShown: boolean): void {
    this.tell(['look', isShown]);
    this.#seize();
  }

  #seize(): void {
    const { leads, isShown, cancelWanted } = this.state;
    if (!leads && (isShown || cancelWanted)) this.#place?.seize();
  }

  #say(): void {
    this.#place?.say(['heard', this.state]);
  }

  #accompany(seize: boolean): void {
    this.#timer = setInterval(() => this.#monitor(), this.host.monitorMs);
    const hear: Ear = (message) => {
      this.#heardAt = performance.now();
      if (message[0] !== 'ask') this.tell(message);
      else if (this.state.leads) this.#say();
    };
    const { isShown, leads } = this.state;
    this.#place = this.host.tabs.join(this.id, hear, seize && (isShown || !!leads));
  }

  #monitor(): void {
    const { phase, trouble, view } = this.state;
    const silent = performance.now() - this.#heardAt > kSilentMs;
    if (phase === 'watching') return silent ? this.#seize() : undefined;
    if (isTerminal(view.status)) return;
    const alive = phase !== 'posting' && !trouble && !silent;
    const waitedMs = Date.now() - this.question.createdAt;
    this.host.log('Timeout Monitor', { run_id: this.id, waitedMs, alive });
    this.#emit('monitor', { waitedMs, alive });
    if (!alive) this.tell(['overdue']);
  }

  #part(): void {
    clearInterval(this.#timer);
    this.#place?.leave();
    this.#place = undefined;
  }

  /** Begins what the phase asks for, and abandons what the last one did. */
  #work(): void {
    this.#current.abort();
    const abort = (this.#current = new AbortController());
    const report: Report = (happening) => this.#current === abort && this.tell(happening);
    const beat = () => {
      this.#heardAt = performance.now();
      this.#say();
    };
    const { send, seat } = this.host;
    // What was abandoned here does not report: whatever else throws has lost its connection.
    carryOut(this.state, this.question, send, seat, abort.signal, report, beat).catch(() => report(['lost']));
  }

  async #outcome(): Promise<Answer<Result>> {
    for await (const _ of this);
    if (this.answer) return this.answer;
    throw this.error;
  }

  /** Somebody has the end of the run. */
  #read(): void {
    if (!this.host.byHand) this.shown();
  }

  /** True: somebody listened, and did not fail. What a listener throws is its page's business, and no lost connection. */
  #emit<K extends keyof AnalysisEvents>(type: K, value: AnalysisEvents[K]): boolean {
    let heard = false;
    for (const [wanted, listener] of [...this.#ears]) {
      if (wanted !== type) continue;
      try {
        (listener as Listener<AnalysisEvents[K]>)(value);
        heard = true;
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    return heard;
  }
}
