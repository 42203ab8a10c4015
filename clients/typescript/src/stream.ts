/** Reads the event stream of a run to its end, or until it is silent. */

import type { Happening } from './machine.ts';
import { sseParser } from './sse.ts';
import { happened } from './wire.ts';

/** What was abandoned meanwhile reports to nobody. */
export type Report = (happening: Happening) => void;

/** Without a first event by then, something in between holds the stream back. */
const kHelloMs = 4_000;
/** Two and a half heartbeats. */
const kStallMs = 25_000;

/** Reports what comes and how it ends, and calls `heard` at every sign of life. Throws what `open` and the reading throw. */
export async function followStream(open: Promise<Response>, signal: AbortSignal, report: Report, heard: () => void): Promise<void> {
  let alarm = setTimeout(report, kHelloMs, ['helloLate']);
  try {
    const response = await open;
    if (!response.ok) return report(await happened(response));
    // A response without a body (204) throws: read as a stream that ends at once, it would be opened for ever.
    const reader = response.body!.getReader();
    const parse = sseParser();
    for (let greeted = false; ; ) {
      const { done, value } = await reader.read();
      if (done) return report(['lost']);
      const messages = parse(value);
      // Until the first event the time limit for it goes on; after that a heartbeat counts as a sign of life.
      greeted ||= messages.length > 0;
      if (greeted) {
        clearTimeout(alarm);
        alarm = setTimeout(report, kStallMs, ['lost']);
      }
      heard();
      for (const message of messages) {
        report(['message', message]);
        if (signal.aborted) return;
      }
    }
  } finally {
    clearTimeout(alarm);
  }
}
