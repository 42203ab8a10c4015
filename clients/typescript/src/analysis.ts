/**
 * A run as its client sees it: what it stands at, its answer as a promise, its course as events or as an iteration.
 * Owned by whoever asked; Holdfast keeps it until it is settled. Not to be used from several threads.
 */

import { Courier } from './courier.ts';
import { HoldfastError, type ErrorCode } from './errors.ts';
import { needsLogin, type Delivery, type Via } from './delivery.ts';
import { isTerminal, type Run, type RunStatus } from './protocol.ts';

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

export class Analysis<Result = unknown> extends Courier implements PromiseLike<Answer<Result>>, AsyncIterable<Delivery> {
  readonly #ears = new Set<[string, Listener<never>]>();
  #detached = false;

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
    const { via = 'journal', recovered = false, view: { run } } = this.state;
    return run?.status === 'completed' ? { ...run, result: run.result as Result, via, recovery_mode: recovered } : undefined;
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
    const outcome = new Promise<Answer<Result>>((resolve, reject) => {
      const look = () => {
        const { answer, error } = this;
        if (answer) resolve(answer);
        else if (error) reject(error);
        else return;
        stop();
        this.#read();
      };
      const stop = this.on('change', look);
      look();
    });
    return outcome.then(done, failed);
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

  /** Stops following. The run goes on; its answer waits in the inbox, and here for `resumeAll()`. */
  detach(): void {
    if (this.#detached) return;
    this.#detached = true;
    this.stop();
    this.#emit('change', this.state);
    this.host.over(this.id, false);
  }

  protected moved(before: Delivery): void {
    const { answer, state } = this;
    if (state.phase === 'settled' && !needsLogin(state)) this.host.over(this.id, true);
    this.#emit('change', state);
    if (before.view.run || !answer) return;
    if (answer.recovery_mode) {
      this.host.log('Recovery successful', { run_id: this.id, via: answer.via });
      this.#emit('recovered', answer);
    }
    if (this.#emit('answer', answer)) this.#read();
  }

  protected overdue(alive: boolean): void {
    const waitedMs = Date.now() - this.question.createdAt;
    this.host.log('Timeout Monitor', { run_id: this.id, waitedMs, alive });
    this.#emit('monitor', { waitedMs, alive });
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
