/**
 * Does what the state of a run asks for: requests, the event stream, rests; and keeps it company: the monitor, the other
 * tabs. One thing at a time; what an abandoned one still reports is dropped.
 */

import type { Question } from './kept.ts';
import { newDelivery, type Attention, type Delivery } from './delivery.ts';
import { step, type Happening } from './machine.ts';
import { isTerminal, type Run } from './protocol.ts';
import { followStream, type Report } from './stream.ts';
import type { Message, Place, Sharing } from './sharing.ts';
import type { Wire } from './wire.ts';

/** What all runs of a client share. */
export interface Host {
  wire: Wire;
  /** Without it this client is alone. */
  sharing?: Sharing;
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

export abstract class Courier {
  /** A new object after every change. Not to be changed. */
  state: Delivery;
  #current = new AbortController();
  #place?: Place;
  #heardAt = performance.now();
  #timer?: ReturnType<typeof setInterval>;
  #stopped = false;

  /** Internal: made by Holdfast. */
  constructor(
    protected readonly host: Host,
    readonly question: Question,
    owned: boolean,
    attention: Attention,
    run?: Run,
  ) {
    this.state = newDelivery(question.runId, owned, attention, run);
  }

  /** After every change of `state`. */
  protected abstract moved(before: Delivery): void;
  /** The monitor has fired. */
  protected abstract overdue(alive: boolean): void;

  /** Internal. A new question: this tab leads, as nobody else knows it. */
  begin(): void {
    this.tell(['begin']);
    this.#accompany(false);
  }

  /** Internal. One that is kept, or was found in a list. `elsewhere`: another tab is just sending it. */
  resume(elsewhere: boolean): void {
    this.tell(['resume']);
    this.#accompany(!elsewhere);
  }

  /** Internal. What happened, and what is to be done then. */
  tell(happening: Happening): void {
    const before = this.state;
    if (this.#stopped) return;
    const state = step(before, happening);
    if (state === before) return;
    this.state = state;
    if (state.turn !== before.turn) this.#start();
    if (state.leads) this.#place?.say(['heard', state]);
    if (state.phase === 'settled') this.#part();
    this.moved(before);
  }

  /** Internal. */
  attend(to: Attention): void {
    this.tell(['attention', to]);
    this.#seize();
  }

  /** Stops the work. The server says how it ended: an answer that was there first is still shown. */
  cancel(): void {
    this.tell(['cancel']);
    this.#seize();
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

  /** Leaves the run alone, here and now. */
  protected stop(): void {
    this.#stopped = true;
    this.#current.abort();
    this.#part();
  }

  #seize(): void {
    const { leads, attention, cancelWanted } = this.state;
    if (!leads && (attention === 'shown' || cancelWanted)) this.#place?.seize();
  }

  #accompany(seize: boolean): void {
    this.#timer = setInterval(() => {
      const { phase, trouble, view } = this.state;
      const silent = performance.now() - this.#heardAt > kSilentMs;
      if (phase === 'watching') return silent && this.#seize();
      if (isTerminal(view.status)) return;
      const alive = phase !== 'posting' && !trouble && !silent;
      this.overdue(alive);
      this.tell(['overdue', alive]);
    }, this.host.monitorMs);
    const { sharing } = this.host;
    if (!sharing) return this.tell(['lead', true]);
    this.#place = sharing.join(this.question.runId, (message) => this.#hear(message), seize && this.state.attention === 'shown');
  }

  #part(): void {
    clearInterval(this.#timer);
    this.#place?.leave();
    this.#place = undefined;
  }

  #hear(message: Message | ['lead', boolean]): void {
    this.#heardAt = performance.now();
    if (message[0] !== 'ask') this.tell(message);
    else if (this.state.leads) this.#place?.say(['heard', this.state]);
  }

  #start(): void {
    this.#current.abort();
    const abort = (this.#current = new AbortController());
    const report: Report = (happening) => this.#current === abort && this.tell(happening);
    // What was abandoned here does not report: whatever else throws has lost its connection.
    this.#work(abort.signal, report).catch(() => report(['lost']));
  }

  async #work(signal: AbortSignal, report: Report): Promise<void> {
    const { wire } = this.host;
    const { runId, threadId, prompt, more } = this.question;
    const { phase, cursor, etag, bounds } = this.state;
    // A sign of life, for the other tabs, too.
    const beat = () => {
      this.#heardAt = performance.now();
      this.#place?.say(['heard', this.state]);
    };
    const poll = async (etag?: string) => {
      const happening = await wire.poll(runId, etag, signal);
      beat();
      report(happening);
    };
    if (phase === 'posting') report(await wire.post(threadId, { ...more, prompt, run_id: runId }, signal));
    else if (phase === 'streaming') await this.#seated(report, () => followStream(() => wire.events(runId, cursor, signal), signal, report, beat));
    else if (phase === 'holding') await this.#seated(report, () => poll(etag));
    else if (phase === 'checking') await poll();
    else if (phase === 'cancelling') report(await wire.tell(runId, 'cancel', signal));
    else if (phase === 'acknowledging') report(await wire.tell(runId, 'ack', signal));
    else if (phase === 'resting' && bounds) {
      await pause(bounds.floorMs + Math.random() * bounds.spreadMs, signal);
      report(['rested']);
    }
  }

  async #seated(report: Report, hold: () => Promise<void>): Promise<void> {
    const { sharing } = this.host;
    const free = await sharing?.seat();
    if (sharing && !free) return report(['crowded']);
    try {
      await hold();
    } finally {
      free?.();
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}
