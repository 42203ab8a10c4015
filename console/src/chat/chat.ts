/**
 * The state of the page: threads, the turns of the open thread, connection. Everything is kept by run id.
 * React reads `snapshot()`; it changes only through the functions here.
 */

import { Holdfast, isTerminal, viewOf, type Analysis, type Delivery, type Question, type Run, type Step } from '@holdfast/client';
import { access, type AccessState } from './access.ts';
import { fetchExamples, fetchSteps, fetchThreadRuns, fetchThreads, fetchUndelivered, serverAnswers, type ThreadSummary } from './lists.ts';

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
  private readonly holdfast = new Holdfast({
    fetch: (url, init) => access.send(url, init),
    acknowledge: 'by-hand',
    isShown: ({ threadId }) => threadId === this.threadId,
  });
  /** Of this session, also those that are settled. */
  private readonly analyses = new Map<string, Analysis>();
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
    this.holdfast.onAnalysis = (analysis) => this.show(analysis);
    void this.holdfast.resumeAll({ inbox: false }).then((found) => found.forEach((analysis) => this.show(analysis)));
    void this.refreshExamples();
    void this.refreshThreads();
    window.addEventListener('online', () => this.look());
    window.addEventListener('offline', () => void this.probe());
    window.addEventListener('pageshow', (event) => event.persisted && this.look());
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.look());
  }

  open(threadId: string): void {
    if (threadId === this.threadId) return;
    this.change(() => (this.threadId = threadId));
    this.holdfast.look();
    void this.readHistory();
  }

  ask(prompt: string): void {
    this.show(this.holdfast.analyze({ threadId: this.threadId, prompt }));
    void this.refreshThreads();
  }

  cancel(runId: string): void {
    this.analyses.get(runId)?.cancel();
  }

  /** The user sees the end of this run now. */
  shown(runId: string): void {
    this.analyses.get(runId)?.shown();
  }

  /** Goes on in this user's name, also with what was refused before. */
  signIn(token: string): void {
    access.signIn(token);
    for (const analysis of this.analyses.values()) analysis.signedIn();
    void this.refreshExamples();
    void this.refreshThreads();
    void this.readHistory();
  }

  /** Forgets the user and what is theirs. Their answers wait at the server. */
  signOut(): void {
    access.signOut();
    this.holdfast.close(true);
    window.location.reload();
  }

  async readSteps(runId: string): Promise<void> {
    const steps = await fetchSteps(runId);
    if (steps) this.change(() => this.pastSteps.set(runId, steps));
  }

  private show(analysis: Analysis): void {
    if (this.analyses.get(analysis.id) === analysis) return;
    this.analyses.set(analysis.id, analysis);
    analysis.on('change', ({ phase }) => {
      if (phase === 'streaming' || phase === 'answered') this.offline = false;
      this.change(() => undefined);
      if (phase === 'answered') void this.refreshThreads();
    });
    this.change(() => undefined);
  }

  private async readHistory(): Promise<void> {
    const { threadId } = this;
    this.change(() => (this.history = 'loading'));
    const runs = await fetchThreadRuns(threadId);
    if (threadId !== this.threadId) return;
    for (const run of runs ?? []) {
      if (this.analyses.has(run.run_id)) continue;
      const waits = !isTerminal(run.status) || !run.delivered_at;
      if (waits) this.show(this.holdfast.follow(run));
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

  /** Back, or online again. The client wakes by itself. */
  private look(): void {
    void this.probe();
    void this.refreshThreads();
  }

  /** A browser also says "offline" on a machine without a network that serves itself: ask the server. */
  private async probe(): Promise<void> {
    const answers = navigator.onLine || (await serverAnswers());
    this.change(() => (this.offline = !answers));
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
      durable: this.holdfast.durable,
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
    for (const { question, state } of this.analyses.values()) {
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
    for (const { question } of this.analyses.values()) {
      const known = threads.get(question.threadId);
      const latestAt = Math.max(known?.latestAt ?? 0, question.createdAt);
      threads.set(question.threadId, { threadId: question.threadId, title: known?.title ?? question.prompt, latestAt });
    }
    for (const thread of threads.values()) thread.mark = this.markOf(thread.threadId);
    return [...threads.values()].sort((a, b) => b.latestAt - a.latestAt);
  }

  private markOf(threadId: string): Thread['mark'] {
    const states = [...this.analyses.values()].filter((a) => a.question.threadId === threadId).map((a) => a.state);
    if (states.some((s) => !isTerminal(s.view.status) && s.phase !== 'settled')) return 'working';
    const waits = states.some((s) => s.phase === 'answered') || (states.length === 0 && this.unread.has(threadId));
    return waits && threadId !== this.threadId ? 'unread' : undefined;
  }
}

function questionOf(run: Run): Question {
  return { runId: run.run_id, threadId: run.thread_id, prompt: run.prompt, createdAt: run.created_at };
}

function turnOf({ runId, prompt, createdAt }: Question): Omit<Turn, 'view'> {
  return { runId, prompt, createdAt };
}
