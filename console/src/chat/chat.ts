/**
 * The state of the page: threads, the turns of the open thread, connection. Everything is kept by run id.
 * React reads `snapshot()`; it changes only through the functions here.
 */

import { access, type AccessState } from '../delivery/access.ts';
import { Courier, type Question } from '../delivery/courier.ts';
import { KeptQuestions, openStorage } from '../delivery/kept.ts';
import type { Attention, Delivery } from '../delivery/machine.ts';
import { isTerminal, type Run, type ThreadSummary } from '../delivery/protocol.ts';
import { viewOf, type Step } from '../delivery/run_view.ts';
import { uuidv7 } from '../delivery/uuid.ts';
import { fetchExamples, fetchSteps, fetchThreadRuns, fetchThreads, fetchUndelivered, serverAnswers } from './lists.ts';

/** A question and what became of it. `delivery` is absent for an answer seen before. */
export interface Turn {
  runId: string;
  prompt: string;
  createdAt: number;
  view: Delivery['view'];
  delivery?: Delivery;
}

export interface Thread {
  threadId: string;
  title: string;
  latestAt: number;
  mark?: 'working' | 'unread';
}

export interface ChatSnapshot {
  threadId: string;
  turns: Turn[];
  threads: Thread[];
  examples?: string[];
  offline: boolean;
  /** False: a reload forgets what is under way. */
  durable: boolean;
  /** `missing`: the thread could not be read and nothing of it is known. */
  history: 'loading' | 'loaded' | 'missing';
  access: AccessState;
  signedIn: boolean;
}

export class Chat {
  private readonly kept = new KeptQuestions(openStorage());
  private readonly couriers = new Map<string, Courier>();
  private readonly past = new Map<string, Run>();
  /** Of runs whose stream was not followed here. */
  private readonly pastSteps = new Map<string, Step[]>();
  private listed: ThreadSummary[] = [];
  private unread = new Set<string>();
  private threadId = '';
  private examples?: string[];
  private offline = false;
  private history: ChatSnapshot['history'] = 'loaded';
  private current: ChatSnapshot;
  private readonly listeners = new Set<() => void>();

  constructor() {
    this.current = this.compose();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly snapshot = (): ChatSnapshot => this.current;

  /** Takes up every question left unanswered, and reads the lists. Call once. */
  start(): void {
    access.changed = () => this.change(() => undefined);
    for (const question of this.kept.all()) this.follow(question, true);
    void this.refreshExamples();
    void this.refreshThreads();
    window.addEventListener('storage', (event) => {
      const question = KeptQuestions.keptElsewhere(event);
      if (question && !this.couriers.has(question.runId)) this.follow(question, true);
    });
    window.addEventListener('online', () => this.wake());
    window.addEventListener('offline', () => void this.probe());
    window.addEventListener('pageshow', (event) => event.persisted && this.wake());
    document.addEventListener('visibilitychange', () => {
      this.payAttention();
      if (document.visibilityState === 'visible') this.wake();
    });
  }

  open(threadId: string): void {
    if (threadId === this.threadId) return;
    this.change(() => (this.threadId = threadId));
    this.payAttention();
    void this.readHistory();
  }

  /** Writes the question down, then sends it. */
  ask(prompt: string): void {
    const question = { runId: uuidv7(), threadId: this.threadId, prompt, createdAt: Date.now() };
    this.kept.keep(question);
    const courier = new Courier(question, true, this.attentionFor(question), undefined, this.moved);
    this.couriers.set(question.runId, courier);
    courier.tell({ kind: 'begin' });
  }

  cancel(runId: string): void {
    this.couriers.get(runId)?.tell({ kind: 'cancel' });
  }

  /** The user sees the end of this run now. */
  shown(runId: string): void {
    this.couriers.get(runId)?.tell({ kind: 'shown' });
  }

  /** Goes on in this user's name, also with what was refused before. */
  signIn(token: string): void {
    access.signIn(token);
    for (const { question, state } of [...this.couriers.values()]) {
      if (needsLogin(state)) this.follow(question, state.owned);
    }
    void this.refreshExamples();
    void this.refreshThreads();
    void this.readHistory();
  }

  /** Forgets the user and what is theirs. Their answers wait at the server. */
  signOut(): void {
    access.signOut();
    for (const { runId } of this.kept.all()) this.kept.drop(runId);
    window.location.reload();
  }

  async readSteps(runId: string): Promise<void> {
    const steps = await fetchSteps(runId);
    if (steps) this.change(() => this.pastSteps.set(runId, steps));
  }

  private follow(question: Question, owned: boolean, run?: Run): void {
    const courier = new Courier(question, owned, this.attentionFor(question), run, this.moved);
    this.couriers.set(question.runId, courier);
    courier.tell({ kind: 'resume' });
  }

  private readonly moved = (courier: Courier): void => {
    const { runId } = courier.question;
    const { phase, view } = courier.state;
    if (phase === 'settled' && !needsLogin(courier.state)) this.kept.drop(runId);
    if (phase === 'streaming' || phase === 'answered') this.offline = false;
    this.change(() => undefined);
    if (phase === 'answered' || (phase === 'posting' && view.status === 'sending')) void this.refreshThreads();
  };

  private async readHistory(): Promise<void> {
    const { threadId } = this;
    this.change(() => (this.history = 'loading'));
    const runs = await fetchThreadRuns(threadId);
    if (threadId !== this.threadId) return;
    for (const run of runs ?? []) {
      if (this.couriers.has(run.run_id)) continue;
      const waits = !isTerminal(run.status) || !run.delivered_at;
      if (waits) this.follow(questionOf(run), false, run);
      else this.past.set(run.run_id, run);
    }
    this.change(() => (this.history = runs ? 'loaded' : 'missing'));
  }

  private async refreshExamples(): Promise<void> {
    const examples = await fetchExamples();
    this.change(() => (this.examples = examples ?? []));
  }

  private async refreshThreads(): Promise<void> {
    const [threads, undelivered] = await Promise.all([fetchThreads(), fetchUndelivered()]);
    this.change(() => {
      if (threads) this.listed = threads;
      if (undelivered) this.unread = new Set(undelivered.map((run) => run.thread_id));
    });
  }

  private wake(): void {
    for (const courier of this.couriers.values()) courier.tell({ kind: 'woke' });
    void this.probe();
    void this.refreshThreads();
  }

  /** A browser also says "offline" on a machine without a network that serves itself: ask the server. */
  private async probe(): Promise<void> {
    const answers = navigator.onLine || (await serverAnswers());
    this.change(() => (this.offline = !answers));
  }

  private payAttention(): void {
    for (const courier of this.couriers.values()) {
      courier.tell({ kind: 'attention', to: this.attentionFor(courier.question) });
    }
  }

  private attentionFor(question: Question): Attention {
    return question.threadId === this.threadId && document.visibilityState === 'visible' ? 'shown' : 'background';
  }

  private change(edit: () => unknown): void {
    edit();
    this.current = this.compose();
    for (const listener of this.listeners) listener();
  }

  private compose(): ChatSnapshot {
    return {
      threadId: this.threadId,
      turns: this.turns(),
      threads: this.threads(),
      examples: this.examples,
      offline: this.offline,
      durable: this.kept.durable,
      history: this.history,
      access: access.state,
      signedIn: access.signedIn,
    };
  }

  private turns(): Turn[] {
    const turns = new Map<string, Turn>();
    for (const run of this.past.values()) {
      if (run.thread_id === this.threadId) turns.set(run.run_id, { ...turnOf(questionOf(run)), view: viewOf(run) });
    }
    for (const { question, state } of this.couriers.values()) {
      if (question.threadId === this.threadId) {
        turns.set(question.runId, { ...turnOf(question), view: state.view, delivery: state });
      }
    }
    for (const turn of turns.values()) {
      if (turn.view.steps.length > 0) continue;
      const steps = this.pastSteps.get(turn.runId);
      if (steps) turn.view = { ...turn.view, steps };
    }
    return [...turns.values()].sort((a, b) => a.createdAt - b.createdAt || (a.runId < b.runId ? -1 : 1));
  }

  private threads(): Thread[] {
    const threads = new Map<string, Thread>();
    for (const { thread_id, title, latest_at } of this.listed) {
      threads.set(thread_id, { threadId: thread_id, title, latestAt: latest_at });
    }
    for (const { question } of this.couriers.values()) {
      const known = threads.get(question.threadId);
      const latestAt = Math.max(known?.latestAt ?? 0, question.createdAt);
      threads.set(question.threadId, { threadId: question.threadId, title: known?.title ?? question.prompt, latestAt });
    }
    for (const thread of threads.values()) thread.mark = this.markOf(thread.threadId);
    return [...threads.values()].sort((a, b) => b.latestAt - a.latestAt);
  }

  private markOf(threadId: string): Thread['mark'] {
    const states = [...this.couriers.values()].filter((c) => c.question.threadId === threadId).map((c) => c.state);
    if (states.some((s) => s.phase !== 'answered' && s.phase !== 'acknowledging' && s.phase !== 'settled')) return 'working';
    const waits = states.some((s) => s.phase === 'answered') || (states.length === 0 && this.unread.has(threadId));
    return waits && threadId !== this.threadId ? 'unread' : undefined;
  }
}

/** The answer is still there for whoever signs in again. */
function needsLogin({ refusal }: Delivery): boolean {
  return refusal?.status === 401 || refusal?.status === 403;
}

function questionOf(run: Run): Question {
  return { runId: run.run_id, threadId: run.thread_id, prompt: run.prompt, createdAt: run.created_at };
}

function turnOf({ runId, prompt, createdAt }: Question): Omit<Turn, 'view'> {
  return { runId, prompt, createdAt };
}
