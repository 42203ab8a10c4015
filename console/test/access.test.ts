import { afterEach, describe, expect, it, vi } from 'vitest';
import { Access } from '../src/chat/access.ts';

function storage(kept = new Map<string, string>()): Storage {
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as Storage;
}

/** A server that takes one token. Returns the Authorization headers it saw. */
function serverThatTakes(token: string): (string | null)[] {
  const seen: (string | null)[] = [];
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    const given = new Headers(init.headers).get('Authorization');
    seen.push(given);
    return new Response('', { status: given === `Bearer ${token}` ? 200 : 401 });
  });
  return seen;
}

afterEach(() => vi.unstubAllGlobals());

describe('Access', () => {
  it('sends nothing and asks nothing where nobody wants to know', async () => {
    const seen: Headers[] = [];
    vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
      seen.push(new Headers(init.headers));
      return new Response('');
    });
    const access = new Access(storage());
    await access.send('/v1/runs', { headers: { Prefer: 'wait=1' } });
    expect(access.state).toBe('open');
    expect(seen[0]?.has('Authorization')).toBe(false);
    expect(seen[0]?.get('Prefer')).toBe('wait=1');
  });

  it('asks when the server does, and sends the token from then on, also after a reload', async () => {
    const kept = new Map<string, string>();
    const seen = serverThatTakes('good');
    const access = new Access(storage(kept));
    const states: string[] = [];
    access.changed = () => states.push(access.state);
    await access.send('/v1/runs');
    access.signIn('wrong');
    await access.send('/v1/runs');
    access.signIn(' good ');
    expect((await access.send('/v1/runs')).status).toBe(200);
    expect(states).toEqual(['asked', 'open', 'refused', 'open']);
    expect(seen).toEqual([null, 'Bearer wrong', 'Bearer good']);

    const reloaded = new Access(storage(kept));
    expect((await reloaded.send('/v1/runs')).status).toBe(200);
    reloaded.signOut();
    expect(new Access(storage(kept)).signedIn).toBe(false);
  });

  it('does not hold a late refusal of the old token against the new one', async () => {
    let refuse: (response: Response) => void = () => undefined;
    vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => (refuse = resolve)));
    const access = new Access(storage());
    const late = access.send('/v1/runs');
    access.signIn('good');
    refuse(new Response('', { status: 401 }));
    await late;
    expect(access.state).toBe('open');
  });

  it('works without a storage', async () => {
    serverThatTakes('good');
    const access = new Access(undefined);
    await access.send('/v1/runs');
    expect(access.state, 'nobody needs to listen').toBe('asked');
    access.signIn('good');
    expect((await access.send('/v1/runs')).status).toBe(200);
  });
});
