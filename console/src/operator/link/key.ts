/** The key or token of this browser's user: the one that the chat page keeps too. Without a storage it lives as long as the page. */

const kKey = 'holdfast.token';
let held: string | undefined;

export function key(): string {
  if (held === undefined) held = attempt(() => localStorage.getItem(kKey)) ?? '';
  return held;
}

export function setKey(value: string): void {
  held = value.trim();
  attempt(() => (held ? localStorage.setItem(kKey, held) : localStorage.removeItem(kKey)));
}

/** `fetch` in the user's name. */
export function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (key()) headers.set('Authorization', `Bearer ${key()}`);
  return fetch(path, { ...init, headers });
}

function attempt<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
