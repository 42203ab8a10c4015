/** What happens to the page around the client: it is seen or not, woken, gets its network back. */

export interface PageListener {
  /** Sockets may be dead without a word: from sleep, from the back button, online again. */
  wake(): void;
  look(visible: boolean): void;
}

/** Does nothing where there is no page, and until `signal` is aborted. */
export function watchPage(signal: AbortSignal, { wake, look }: PageListener): void {
  if (typeof document === 'undefined') return;
  const seen = () => look(document.visibilityState === 'visible');
  const on = (target: EventTarget, type: string, listener: () => void) =>
    target.addEventListener(type, listener, { signal });
  on(window, 'online', wake);
  on(window, 'pageshow', wake);
  on(document, 'resume', wake);
  on(document, 'visibilitychange', () => {
    seen();
    wake();
  });
  seen();
}
