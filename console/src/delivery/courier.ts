/**
 * Carries out the commands of the delivery machine for one run: requests, the event stream, rests.
 * One command at a time; what an abandoned one still reports is dropped.
 */

import { newDelivery, step, type Attention, type Command, type Delivery, type DeliveryEvent } from './machine.ts';
import type { Run } from './protocol.ts';
import { SseParser } from './sse.ts';
import { acknowledgeRun, cancelRun, openEvents, pollRun, postRun, replyOf, type Reply } from './wire.ts';

export interface Question {
  runId: string;
  threadId: string;
  prompt: string;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/** Without a first event by then, something in between holds the stream back. */
const kHelloMs = 4_000;
/** Two and a half heartbeats. */
const kStallMs = 25_000;
/** The stream does not tell when others leave the line; the place in it is looked up this often. */
const kGlimpseMs = 3_000;

export class Courier {
  state: Delivery;
  private current = new AbortController();

  /** `changed` is called after every change of `state`. */
  constructor(
    readonly question: Question,
    owned: boolean,
    attention: Attention,
    run: Run | undefined,
    private readonly changed: (courier: Courier) => void,
  ) {
    this.state = newDelivery(owned, attention, run);
  }

  /** Tells the machine what happened and starts what it asks for. */
  tell(event: DeliveryEvent): void {
    const { state, command } = step(this.state, event);
    const moved = state !== this.state;
    this.state = state;
    if (command) this.start(command);
    if (moved) this.changed(this);
  }

  private start(command: Command): void {
    this.current.abort();
    const abort = new AbortController();
    this.current = abort;
    const report = (event: DeliveryEvent) => {
      if (this.current === abort) this.tell(event);
    };
    void this.run(command, abort.signal, report).catch(() => report({ kind: 'lost' }));
  }

  private async run(command: Command, signal: AbortSignal, report: (event: DeliveryEvent) => void): Promise<void> {
    const { runId, threadId, prompt } = this.question;
    const started = performance.now();
    switch (command.op) {
      case 'post':
        return report(accepted(await postRun(threadId, runId, prompt, signal)));
      case 'poll':
        return report(polled(await pollRun(runId, command.etag, command.hold, signal), performance.now() - started));
      case 'cancel':
        return report(taken(await cancelRun(runId, signal), 'cancel_taken'));
      case 'acknowledge':
        return report(taken(await acknowledgeRun(runId, signal), 'acknowledged'));
      case 'stream':
        return this.stream(command.after, signal, report);
      case 'rest': {
        const { floorMs, spreadMs } = command.bounds;
        await pause(floorMs + Math.random() * spreadMs, signal);
        return report({ kind: 'rested' });
      }
      case 'idle':
        return;
    }
  }

  private async stream(after: string, signal: AbortSignal, report: (event: DeliveryEvent) => void): Promise<void> {
    const stall = new AbortController();
    let alarm = setTimeout(() => report({ kind: 'hello_late' }), kHelloMs);
    const glimpse = setInterval(() => void this.glimpse(signal, report), kGlimpseMs);
    let greeted = false;
    try {
      const response = await openEvents(this.question.runId, after, AbortSignal.any([signal, stall.signal]));
      if (response.status === 204) return report({ kind: 'stream_ended' });
      if (!response.ok || !response.body) return report(refusedBy(await replyOf(response)));
      const reader = response.body.getReader();
      const parser = new SseParser();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return report({ kind: 'stream_ended' });
        const messages = parser.feed(value);
        // Until the first event the time limit for it goes on; after that a heartbeat counts as a sign of life.
        greeted ||= messages.length > 0;
        if (greeted) {
          clearTimeout(alarm);
          alarm = setTimeout(() => stall.abort(), kStallMs);
        }
        for (const message of messages) {
          report(message.type === 'hello' ? { kind: 'hello', message } : { kind: 'message', message });
          if (signal.aborted) return;
        }
      }
    } finally {
      clearTimeout(alarm);
      clearInterval(glimpse);
    }
  }

  private async glimpse(signal: AbortSignal, report: (event: DeliveryEvent) => void): Promise<void> {
    if (this.state.view.status !== 'queued') return;
    const reply = await pollRun(this.question.runId, '', false, signal).catch(() => undefined);
    if (reply?.kind === 'run' && this.state.view.status === 'queued') report({ kind: 'glimpsed', run: reply.run });
  }
}

function accepted(reply: Reply): DeliveryEvent {
  return reply.kind === 'run' ? { kind: 'accepted', run: reply.run } : refusedBy(reply);
}

function polled(reply: Reply, tookMs: number): DeliveryEvent {
  if (reply.kind === 'run') return { kind: 'polled', run: reply.run, etag: reply.etag, tookMs };
  return reply.kind === 'unchanged' ? { kind: 'unchanged', tookMs } : refusedBy(reply);
}

function taken(reply: Reply, kind: 'cancel_taken' | 'acknowledged'): DeliveryEvent {
  return reply.kind === 'taken' ? { kind } : refusedBy(reply);
}

function refusedBy(reply: Reply): DeliveryEvent {
  if (reply.kind === 'refused') return { kind: 'refused', problem: reply.problem, retryAfterMs: reply.retryAfterMs };
  return { kind: 'lost' };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}
