/**
 * Who asks: the key or token of this browser's user, on every request of the page. A server without a login needs none,
 * and then nobody is asked for one.
 */

/** `asked`: the server wants to know who it is. `refused`: it does not take what it was given. */
export type AccessState = 'open' | 'asked' | 'refused';

const kKey = 'holdfast.token';

export class Access {
  state: AccessState = 'open';
  /** Called after every change of `state`. */
  changed: () => void = () => undefined;
  private token: string;

  constructor(private readonly storage: Storage | undefined) {
    this.token = this.stored((kept) => kept.getItem(kKey)) ?? '';
  }

  get signedIn(): boolean {
    return this.token !== '';
  }

  /** `fetch`, in the user's name. */
  async send(path: string, init: RequestInit = {}): Promise<Response> {
    const { token } = this;
    const headers = new Headers(init.headers);
    if (token) headers.set('Authorization', `Bearer ${token}`);
    const response = await fetch(path, { ...init, headers });
    // An answer to a request of before says nothing about the token of now.
    if (response.status === 401 && token === this.token) this.become(token ? 'refused' : 'asked');
    return response;
  }

  signIn(token: string): void {
    this.token = token.trim();
    this.stored((kept) => kept.setItem(kKey, this.token));
    this.become('open');
  }

  signOut(): void {
    this.token = '';
    this.stored((kept) => kept.removeItem(kKey));
    this.become('open');
  }

  private become(state: AccessState): void {
    if (state === this.state) return;
    this.state = state;
    this.changed();
  }

  /** Without a storage the token lives as long as the page. */
  private stored<T>(use: (storage: Storage) => T): T | undefined {
    try {
      return this.storage && use(this.storage);
    } catch {
      return undefined;
    }
  }
}

/** The page's only one: there is one user at a time. */
export const access = new Access(storageOrNone());

function storageOrNone(): Storage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}
