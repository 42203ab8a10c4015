/** The one stream of the console: kept open, reopened after growing rests, folded into what is known. */
import { apply, begin, type Operations } from '../model/operations.ts';
import type { Change, Snapshot } from '../model/wire.ts';
import { EventCutter } from './events.ts';
import { send, setKey } from './key.ts';

export type Access = 'open' | 'asked' | 'refused';

export interface FeedState {
  operations: Operations | undefined;
  access: Access;
  /** Since when the connection is lost, ms since 1970. Undefined: it stands, or was never there. */
  lost: number | undefined;
  /** Why the latest attempt failed. */
  trouble: string;
}

const kFirstRestMs = 500;
const kLongestRestMs = 15_000;
/** The server says something every second to administrators, and every 10 s to others. */
const kSilenceMs = 25_000;

/** Full jitter on the upper half, so that many consoles do not come back at one moment. */
export function restMs(failures: number, random = Math.random()): number {
  const whole = Math.min(kLongestRestMs, kFirstRestMs * 2 ** Math.min(failures, 10));
  return whole / 2 + (whole / 2) * random;
}

export class Feed {
  private state: FeedState = { operations: undefined, access: 'open', lost: undefined, trouble: '' };
  private readonly listeners = new Set<() => void>();
  private stop = new AbortController();
  private wake: () => void = () => undefined;
  private refusedKey = false;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly current = (): FeedState => this.state;

  /** Runs for the life of the page. */
  async start(): Promise<void> {
    window.addEventListener('online', () => this.wake());
    for (let failures = 0; ; failures++) {
      const stood = await this.follow();
      if (stood) failures = 0;
      if (this.state.access === 'open') await this.rest(restMs(failures));
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  signIn(token: string): void {
    setKey(token);
    this.refusedKey = token.trim() !== '';
    this.become({ access: 'open' });
    this.stop.abort();
    this.wake();
  }

  signOut(): void {
    this.become({ operations: undefined, lost: undefined });
    this.signIn('');
  }

  private rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** One connection from its beginning to its end. True: it stood. */
  private async follow(): Promise<boolean> {
    this.stop = new AbortController();
    let silence = setTimeout(() => this.stop.abort(), kSilenceMs);
    let stood = false;
    try {
      const response = await send('/v1/operations/events', { headers: { Accept: 'text/event-stream' }, signal: this.stop.signal });
      if (response.status === 401) {
        this.become({ access: this.refusedKey ? 'refused' : 'asked', operations: undefined, lost: undefined });
        return false;
      }
      if (!response.ok || !response.body) throw new Error(await problem(response));
      const cutter = new EventCutter();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        clearTimeout(silence);
        silence = setTimeout(() => this.stop.abort(), kSilenceMs);
        for (const event of cutter.feed(piece.value)) stood = this.take(event.type, event.data) || stood;
      }
      this.lose('The server ended the stream.');
    } catch (error) {
      this.lose(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(silence);
    }
    return stood;
  }

  private take(type: string, data: string): boolean {
    const now = Date.now();
    const before = this.state.operations;
    if (type === 'snapshot') {
      this.become({ operations: begin(before, JSON.parse(data) as Snapshot, now), access: 'open', lost: undefined, trouble: '' });
      return true;
    }
    if (type === 'change' && before) this.become({ operations: apply(before, JSON.parse(data) as Change, now) });
    return false;
  }

  private lose(trouble: string): void {
    if (this.state.access !== 'open') return;
    this.become({ lost: this.state.lost ?? Date.now(), trouble });
  }

  private become(part: Partial<FeedState>): void {
    this.state = { ...this.state, ...part };
    for (const listener of this.listeners) listener();
  }
}

async function problem(response: Response): Promise<string> {
  try {
    const body = (await response.json()) as { detail?: unknown };
    return typeof body.detail === 'string' ? body.detail : `status ${response.status}`;
  } catch {
    return `status ${response.status}`;
  }
}
