/** Web Locks of several tabs in one process, as far as the client uses them; each tab gets a `LockManager` of its own. */

interface Request {
  run: (lock: object | null) => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

export class FakeLocks {
  private readonly held = new Map<string, Request>();
  private readonly queues = new Map<string, Request[]>();
  /** What a browser says to a page that may not have locks. */
  denied = false;

  holder(name: string): boolean {
    return this.held.has(name);
  }

  readonly manager = {
    request: (name: string, options: LockOptions, run: Request['run']) =>
      new Promise((resolve, reject) => {
        if (this.denied) return reject(new DOMException('denied', 'SecurityError'));
        const request = { run, resolve, reject };
        if (options.steal) {
          this.held.get(name)?.reject(new DOMException('stolen', 'AbortError'));
          this.grant(name, request);
        } else if (!this.held.has(name)) {
          this.grant(name, request);
        } else if (options.ifAvailable) {
          resolve(run(null));
        } else {
          this.queues.set(name, [...(this.queues.get(name) ?? []), request]);
          options.signal?.addEventListener('abort', () => {
            this.queues.set(name, (this.queues.get(name) ?? []).filter((queued) => queued !== request));
            reject(options.signal!.reason);
          });
        }
      }),
  } as unknown as LockManager;

  private grant(name: string, request: Request): void {
    this.held.set(name, request);
    queueMicrotask(async () => {
      const value = await request.run({});
      if (this.held.get(name) !== request) return;
      this.held.delete(name);
      request.resolve(value);
      const [next, ...rest] = this.queues.get(name) ?? [];
      this.queues.set(name, rest);
      if (next) this.grant(name, next);
    });
  }
}
