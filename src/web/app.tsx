import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApprovalPage } from './approval/approval-page.tsx';
import { BoardPage } from './board/board-page.tsx';
import { IncidentPage } from './incident/incident-page.tsx';
import { hasLinkToken, LoginPage } from './login/login-page.tsx';
import { Announcer } from './parts/announcer.tsx';
import { Failed, Loading } from './parts/notes.tsx';
import { StopBanner } from './parts/stop-banner.tsx';
import { type Address, navigate, useAddress } from './router.ts';
import { RunbooksPage } from './runbooks/runbooks-page.tsx';
import { SandboxPage } from './sandbox/sandbox-page.tsx';
import { mePath, read, remove, signedOut } from './server/client.ts';
import { useResource } from './server/resource.ts';
import { MeContext } from './server/session.ts';
import type { Me } from './server/shapes.ts';
import { StatusPage } from './status/status-page.tsx';

/** The map of the pages. The status page needs nobody; everything else knows who is looking. */
export const App = () => {
  const address = useAddress();
  if (address.path === '/status')
    return (
      <Shell me={null} address={address}>
        <StatusPage />
      </Shell>
    );
  return <Signed address={address} />;
};

const Signed = ({ address }: { address: Address }) => {
  const [entered, setEntered] = useState(0);
  const me = useResource('me', entered, () => read<Me>(mePath));
  useEffect(() => {
    const again = (): void => setEntered((count) => count + 1);
    signedOut.addEventListener('signed-out', again);
    return () => signedOut.removeEventListener('signed-out', again);
  }, []);
  // A link with a token signs in, whoever was signed in before and whatever page it leads to.
  const atLogin = address.path === '/login' || hasLinkToken();
  const unknown = me.problem?.status === 401 || me.problem?.status === 403;

  if (atLogin || unknown)
    return (
      <Shell me={null} address={address}>
        <LoginPage
          onEntered={() => {
            if (address.path === '/login') navigate('/', { replace: true });
            setEntered((count) => count + 1);
          }}
        />
      </Shell>
    );
  return (
    <Shell me={me.value ?? null} address={address}>
      {me.value ? (
        <MeContext.Provider value={me.value}>
          <Page address={address} />
        </MeContext.Provider>
      ) : me.problem ? (
        <Failed problem={me.problem} retry={me.reload} />
      ) : (
        <Loading what="Muster" />
      )}
    </Shell>
  );
};

const Page = ({ address }: { address: Address }) => {
  const [, room, id] = address.path.split('/').map(decodeURIComponent);
  if (room === 'incidents' && id) return <IncidentPage key={id} id={id} />;
  if (room === 'approvals' && id)
    return <ApprovalPage key={id} incidentId={id} remediationId={address.query.get('remediation')} />;
  if (room === 'sandbox') return <SandboxPage />;
  if (room === 'runbooks') return <RunbooksPage />;
  if (room === '' || room === 'incidents') return <BoardPage />;
  return (
    <>
      <h1 tabIndex={-1}>No such page</h1>
      <p class="note">
        Nothing lives at <code>{address.path}</code>. The <a href="/">board</a> knows every incident.
      </p>
    </>
  );
};

const Shell = ({ me, address, children }: { me: Me | null; address: Address; children: ComponentChildren }) => {
  const main = useRef<HTMLElement>(null);
  useFocusOnArrival(main, address.path);
  const current = (path: string): 'page' | undefined => (address.path === path ? 'page' : undefined);
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="bar">
        <a class="wordmark" href={me || address.path !== '/status' ? '/' : '/status'}>
          Muster
        </a>
        {me ? (
          <nav aria-label="Pages">
            <a href="/" aria-current={current('/')}>
              Board
            </a>
            <a href="/runbooks" aria-current={current('/runbooks')}>
              Runbooks
            </a>
            {me.sandboxUrl ? (
              <a href="/sandbox" aria-current={current('/sandbox')}>
                Sandbox
              </a>
            ) : null}
            <a href="/status">Status</a>
          </nav>
        ) : null}
        {me ? <Leave me={me} /> : null}
      </header>
      {me ? <StopBanner /> : null}
      <main id="main" class="page" ref={main} tabIndex={-1}>
        {children}
      </main>
      <Announcer />
    </>
  );
};

const Leave = ({ me }: { me: Me }) => {
  const leave = async (): Promise<void> => {
    await remove('/api/v1/session').catch(() => undefined);
    location.assign('/login');
  };
  return (
    <div class="who">
      <span title={me.person.roles.join(', ')}>{me.person.name}</span>
      <button type="button" class="small quiet" onClick={() => void leave()}>
        Sign out
      </button>
    </div>
  );
};

/** Going to another page moves the focus to its heading, once it is there; the first page keeps the browser's focus. */
const useFocusOnArrival = (main: { current: HTMLElement | null }, path: string): void => {
  const from = useRef(path);
  useEffect(() => {
    if (from.current === path) return;
    from.current = path;
    const focusHeading = (): boolean => {
      const heading = main.current?.querySelector('h1');
      heading?.focus({ preventScroll: true });
      return heading !== null && heading !== undefined;
    };
    if (focusHeading()) return;
    const watch = new MutationObserver(() => {
      if (focusHeading()) watch.disconnect();
    });
    if (main.current) watch.observe(main.current, { childList: true, subtree: true });
    return () => watch.disconnect();
  }, [main, path]);
};
