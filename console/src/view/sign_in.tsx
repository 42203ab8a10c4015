import { useState, type SubmitEvent } from 'react';
import type { AccessState } from '../chat/access.ts';

interface Props {
  state: AccessState;
  onSignIn: (token: string) => void;
}

/** Asks for a key or token when the server wants to know who it is. */
export function SignIn({ state, onSignIn }: Props) {
  const [token, setToken] = useState('');
  if (state === 'open') return null;
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    if (token.trim() === '') return;
    onSignIn(token);
    setToken('');
  };
  return (
    <form className="sign-in" onSubmit={send}>
      <label htmlFor="token">
        <strong>{state === 'refused' ? 'Your key is not taken, or not any more.' : 'This server asks who you are.'}</strong>{' '}
        Enter your key or token. It is kept in this browser.
      </label>
      <div className="field">
        <input id="token" type="password" autoComplete="current-password" spellCheck={false} value={token} onChange={(event) => setToken(event.target.value)} />
        <button type="submit" className="primary" disabled={token.trim() === ''}>Sign in</button>
      </div>
    </form>
  );
}
