/** How the tabs of one origin share what they can: who talks to the server about a run, and the open connections. */

import type { Delivery } from './delivery.ts';

/** Where the tab that leads is; that the answer was shown; or the wish of a tab that has come to know. */
export type Message = ['heard', Delivery] | ['shown'] | ['ask'];

/** Gets what other tabs say, and `['lead', …]` when this one begins or ceases to lead. */
export type Listener = (message: Message | ['lead', boolean]) => void;

/** This tab's part in one run. */
export interface Place {
  say(message: Message): void;
  /** Takes the lead from another tab. */
  seize(): void;
  leave(): void;
}

export interface Sharing {
  /** `seize`: it does not wait in line. */
  join(runId: string, listener: Listener, seize: boolean): Place;
  /** Room for a connection that is held open, and how it is given back; undefined when there is none. */
  seat(): Promise<(() => void) | undefined>;
  close(): void;
}
