/**
 * Which tab talks to the server about a run, and how it tells the others: one Web Lock a run, one BroadcastChannel for
 * all. A tab that shows the run takes the lock from one that does not. Where there are no Web Locks (Node, a page that did
 * not come by HTTPS or from this machine) every tab leads, and follows its runs by itself.
 */

import type { Listener, Message, Place, Sharing } from './sharing.ts';
import { Seats } from './seats.ts';

/** The others learn from the channel that it is over before the lock tells one of them that it leads. */
const kLingerMs = 1_000;
/** States are told this often at most: each has the whole text so far. */
const kTellMs = 100;

export interface SharingOptions {
  /** Keeps clients of one origin apart. */
  namespace?: string;
  /** Connections held open at a time, over all tabs. 4 when it is left out. */
  connections?: number;
}

/** Sharing between the tabs of this origin, as far as this browser can. */
export function shareTabs({ namespace = 'holdfast', connections }: SharingOptions = {}): Sharing {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  const seats = new Seats(namespace, connections, locks);
  const seat = () => seats.take();
  if (!locks || typeof BroadcastChannel === 'undefined') return { join: joinAlone, seat, close: nothing };

  const places = new Map<string, Listener>();
  const channel = new BroadcastChannel(namespace);
  // Under Node the channel alone must not keep the program from ending.
  (channel as { unref?: () => void }).unref?.();
  channel.onmessage = ({ data: [runId, message] }) => places.get(runId)?.(message);
  return {
    seat,
    join(runId, listener, seize) {
      places.set(runId, listener);
      const left = () => places.get(runId) === listener && places.delete(runId);
      const place = new LockedPlace(locks, `${namespace}.${runId}`, listener, (message) => channel.postMessage([runId, message]), left);
      if (seize) place.seize();
      else place.wait();
      return place;
    },
    close: () => channel.close(),
  };
}

const nothing = () => undefined;

/** No other tabs that could be reached. */
function joinAlone(_runId: string, listener: Listener): Place {
  listener(['lead', true]);
  return { say: nothing, seize: nothing, leave: nothing };
}

class LockedPlace implements Place {
  #leads = false;
  #seizing = false;
  #left = false;
  #line = new AbortController();
  #release: () => void = () => undefined;
  #untold?: Message;
  #teller?: ReturnType<typeof setTimeout>;

  constructor(
    private readonly locks: LockManager,
    private readonly name: string,
    private readonly listener: Listener,
    private readonly post: (message: Message) => void,
    private readonly left: () => void,
  ) {}

  say(message: Message): void {
    if (this.#left) return;
    if (message[0] !== 'heard') return this.post(message);
    this.#untold = message;
    this.#teller ??= setTimeout(() => this.#tell(), kTellMs);
  }

  #tell(): void {
    clearTimeout(this.#teller);
    this.#teller = undefined;
    if (this.#untold) this.post(this.#untold);
    this.#untold = undefined;
  }

  wait(): void {
    this.#line = new AbortController();
    this.#take({ signal: this.#line.signal });
    this.say(['ask']);
  }

  seize(): void {
    if (this.#leads || this.#seizing || this.#left) return;
    this.#seizing = true;
    this.#line.abort();
    this.#take({ steal: true });
  }

  leave(): void {
    this.#tell();
    this.#left = true;
    this.#line.abort();
    this.left();
    setTimeout(this.#release, kLingerMs);
  }

  #take(options: LockOptions): void {
    let granted = false;
    const held = () => {
      granted = true;
      return new Promise<void>((release) => {
        this.#release = release;
        if (this.#left) return release();
        this.#become(true);
      });
    };
    const lost = () => {
      if (this.#left || options.signal?.aborted) return;
      // Taken by another tab; or the browser does not give locks to this page, and then nobody else has one.
      this.#become(!granted);
      if (granted) this.wait();
    };
    this.locks.request(this.name, options, held).catch(lost);
  }

  #become(leads: boolean): void {
    this.#seizing = false;
    this.#leads = leads;
    this.listener(['lead', leads]);
  }
}
