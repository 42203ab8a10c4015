/**
 * Connections that may be held open at a time, over all tabs of the origin where the browser has Web Locks. A browser
 * opens six to one origin under HTTP/1.1, and one held by every tab freezes the seventh without a word.
 */

/** Room for a connection that is held open, and how it is given back, once; undefined when there is none. */
export type TakeSeat = () => Promise<(() => void) | undefined>;

/** Two of six are left for everything else. There is no such limit outside of browsers. */
const kBrowserSeats = 4;

export function seats(scope: string, locks?: LockManager, count = globalThis.document ? kBrowserSeats : Infinity): TakeSeat {
  let taken = 0;
  const takeHere = () => {
    if (taken >= count) return undefined;
    taken++;
    return () => void taken--;
  };
  return async () => {
    if (!locks || count === Infinity) return takeHere();
    for (let i = 0; i < count; i++) {
      const free = await new Promise<(() => void) | undefined>((found) => {
        // The lock is held until the promise made here is kept, which is how the seat is given back.
        const held = (lock: Lock | null) => (lock ? new Promise<void>((release) => found(release)) : found(undefined));
        // The browser gives no locks to this page: then it counts by itself.
        locks.request(`${scope}.seat.${i}`, { ifAvailable: true }, held).catch(() => found(takeHere()));
      });
      if (free) return free;
    }
    return undefined;
  };
}
