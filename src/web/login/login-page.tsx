import { useEffect, useId, useState } from 'preact/hooks';
import { Failed } from '../parts/notes.tsx';
import { useTitle } from '../parts/title.ts';
import { send } from '../server/client.ts';
import { useCommand } from '../server/command.ts';

const fragment = /^#token=(.+)$/.exec(location.hash)?.[1];
// Cleared before anything else runs, so that the token stays in neither history nor a copied address.
if (fragment !== undefined) history.replaceState(null, '', location.pathname + location.search);
let fromLink: string | null = fragment ?? null;

export const hasLinkToken = (): boolean => fromLink !== null;

/** Exchanges a token for a session cookie; a link from `npm start` brings the token in its fragment. */
export const LoginPage = ({ onEntered }: { onEntered: () => void }) => {
  const [token, setToken] = useState('');
  const command = useCommand();
  const id = useId();
  useTitle('Sign in');

  const enter = async (given: string): Promise<void> => {
    if (!(await command.run(() => send('/api/v1/session', { token: given })))) return;
    fromLink = null;
    onEntered();
  };
  useEffect(() => {
    if (fromLink !== null)
      void enter(fromLink).finally(() => {
        fromLink = null;
      });
  }, []);

  return (
    <form
      class="card login"
      onSubmit={(event) => {
        event.preventDefault();
        void enter(token.trim());
      }}
    >
      <h1 tabIndex={-1}>Sign in</h1>
      <p class="soft">
        With an API token. <code>npm start</code> prints one together with a link that signs you in.
      </p>
      <div class="field">
        <label for={id}>Token</label>
        <input
          id={id}
          type="password"
          autocomplete="current-password"
          required
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </div>
      {command.problem ? <Failed problem={command.problem} /> : null}
      <button type="submit" class="primary" disabled={command.busy}>
        {command.busy ? 'Signing in…' : 'Sign in'}
      </button>
      <p class="soft">
        Looking for the public page? <a href="/status">Status</a>
      </p>
    </form>
  );
};
