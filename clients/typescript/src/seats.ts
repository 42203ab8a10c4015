/**
 * Connections that may be held open at a time, over all tabs of the origin where the browser has Web Locks. A browser
 * opens six to one origin under HTTP/1.1, and one held by every tab freezes the seventh without a word.
 */

/** Two of six are left for everything else. */
export const kBrowserSeats = 4;

export class Seats {
  #taken = 0;

  constructor(
    private readonly scope: string,
    private readonly count = typeof document === 'undefined' ? Infinity : kBrowserSeats,
    private readonly locks?: LockManager,
  ) {}

  /** How the seat is given back; undefined when none is free. */
  async take(): Promise<(() => void) | undefined> {
    if (!this.locks || this.count === Infinity) return this.#takeHere();
    for (let i = 0; i < this.count; i++) {
      const release = await this.#tryOne(this.locks, i);
      if (release) return release;
    }
    return undefined;
  }

  #takeHere(): (() => void) | undefined {
    if (this.#taken >= this.count) return undefined;
    this.#taken++;
    let back = false;
    return () => {
      if (!back) this.#taken--;
      back = true;
    };
  }

  #tryOne(locks: LockManager, i: number): Promise<(() => void) | undefined> {
    return new Promise((found) => {
      const held = async (lock: Lock | null) => {
        if (!lock) return found(undefined);
        await new Promise<void>((free) => found(free));
      };
      // The browser gives no locks to this page: then it counts by itself.
      locks.request(`${this.scope}.seat.${i}`, { ifAvailable: true }, held).catch(() => found(this.#takeHere()));
    });
  }
}
