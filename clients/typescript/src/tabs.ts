/**
 * How the tabs of one origin share what they can: which of them talks to the server about a run, and how it tells the
 * others. One Web Lock a run, one BroadcastChannel for all. A tab that shows the run takes the lock from one that does not.
 * Where there are no Web Locks (Node, a page that did not come by HTTPS or from this machine) every tab leads, and follows
 * its runs by itself.
 */

import type { Delivery } from './delivery.ts';

/** Where the tab that leads is; that the answer was shown; or the wish of a tab that has come to know. */
export type Message = ['heard', Delivery] | ['shown'] | ['ask'];

/** Gets what other tabs say, and `['lead', …]` when this one begins or ceases to lead. */
export type Listener = (message: Message | ['lead', boolean]) => void;

/** This tab's part in one run, until it leaves. */
export interface Place {
  say(message: Message): void;
  /** Takes the lead from another tab. */
  seize(): void;
  leave(): void;
}

export interface Tabs {
  /** `seize`: it does not wait in line. */
  join(runId: string, listener: Listener, seize: boolean): Place;
  close(): void;
}

/** The others learn from the channel that it is over before the lock tells one of them that it leads. */
const kLingerMs = 1_000;
/** States are told this often at most: each has the whole text so far. */
const kTellMs = 100;

const nothing = () => undefined;

/** Clients of one `namespace` know of each other. */
export function openTabs(namespace: string, locks?: LockManager): Tabs {
  if (!locks) {
    const join: Tabs['join'] = (_runId, listener) => {
      listener(['lead', true]);
      return { say: nothing, seize: nothing, leave: nothing };
    };
    return { join, close: nothing };
  }
  const listeners = new Map<string, Listener>();
  const channel = new BroadcastChannel(namespace);
  // Under Node the channel alone must not keep the program from ending.
  (channel as { unref?: () => void }).unref?.();
  channel.onmessage = ({ data: [runId, message] }) => listeners.get(runId)?.(message);
  return {
    join(runId, listener, seizes) {
      /** It leads, or is about to. */
      let leads = false;
      let left = false;
      let line: AbortController;
      let release = nothing;
      let untold: Message | undefined;
      let teller: ReturnType<typeof setTimeout> | undefined;

      const become = (now: boolean) => listener(['lead', (leads = now)]);
      const take = (options: LockOptions) => {
        let granted = false;
        const held = () => {
          granted = true;
          return new Promise<undefined>((free) => {
            release = free as typeof nothing;
            if (left) release();
            else become(true);
          });
        };
        const lost = () => {
          if (left || options.signal?.aborted) return;
          // Taken by another tab; or the browser does not give locks to this page, and then nobody else has one.
          become(!granted);
          if (granted) wait();
        };
        locks.request(`${namespace}.${runId}`, options, held).catch(lost);
      };
      const wait = () => {
        line = new AbortController();
        take({ signal: line.signal });
        place.say(['ask']);
      };
      const post = (message: Message) => channel.postMessage([runId, message]);
      const tell = () => {
        clearTimeout(teller);
        teller = undefined;
        if (untold) post(untold);
        untold = undefined;
      };
      const place: Place = {
        say(message) {
          if (message[0] !== 'heard') return post(message);
          untold = message;
          teller ??= setTimeout(tell, kTellMs);
        },
        seize() {
          if (leads) return;
          leads = true;
          line?.abort();
          take({ steal: true });
        },
        leave() {
          tell();
          left = true;
          line?.abort();
          listeners.delete(runId);
          setTimeout(release, kLingerMs);
        },
      };
      listeners.set(runId, listener);
      if (seizes) place.seize();
      else wait();
      return place;
    },
    close: () => channel.close(),
  };
}
