import { useState, type SubmitEvent } from 'react';
import type { Access } from '../link/feed.ts';

export function SignIn({ access, onSignIn }: { access: Access; onSignIn: (token: string) => void }) {
  const [token, setToken] = useState('');
  const send = (event: SubmitEvent) => {
    event.preventDefault();
    if (token.trim() !== '') onSignIn(token);
    setToken('');
  };
  return (
    <form className="sign-in" onSubmit={send}>
      <label htmlFor="token">
        <strong>{access === 'refused' ? 'Your key is not taken.' : 'This server asks who you are.'}</strong> Enter your key or
        token. Administrators (auth.admins) see everything, others their own runs.
      </label>
      <div className="row">
        <input id="token" type="password" autoComplete="current-password" spellCheck={false} value={token} onChange={(event) => setToken(event.target.value)} />
        <button type="submit" className="primary">Sign in</button>
      </div>
    </form>
  );
}
