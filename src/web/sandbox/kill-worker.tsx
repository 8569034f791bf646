import { useEffect, useState } from 'preact/hooks';
import { CommandDialog } from '../parts/command-dialog.tsx';
import { ask, base } from './sandbox-state.ts';

/** As the supervisor's door lists it. */
interface ListedProcess {
  name: string;
  pid: number;
  startedAt?: string;
  readyAt?: string;
}
/** One death and what came of it. The token is kept only until the process works again. */
interface Death {
  token: string;
  pid: number;
  at: string;
  next: ListedProcess | null;
}

const lookEveryMs = 250;
const victim = 'worker';
const whom = 'The supervisor';

/** Ends the process that runs every incident, without a goodbye, and shows how it comes back. */
export const KillWorker = ({ url }: { url: string }) => {
  const [asking, setAsking] = useState(false);
  const [death, setDeath] = useState<Death | null>(null);
  useReturn(url, death, setDeath);

  const kill = async ({ token = '' }: Record<string, string>): Promise<void> => {
    const { pid, at } = await ask<{ pid: number; at: string }>(
      `${base(url)}/processes/${victim}/kill`,
      { method: 'POST', headers: bearer(token) },
      whom,
    );
    setDeath({ token, pid, at, next: null });
  };
  return (
    <div class="killing">
      <p>
        <button type="button" class="danger" onClick={() => setAsking(true)}>
          Kill the worker…
        </button>{' '}
        <span class="soft">It runs every incident. See whether anything is lost or done twice.</span>
      </p>
      <div role="status">
        {death ? (
          <ol class="plain rows">
            <Story death={death} />
          </ol>
        ) : null}
      </div>
      {asking ? (
        <CommandDialog
          form={{
            title: 'Kill the worker',
            effect:
              'Ends the process in the middle of whatever it does, without a goodbye. The supervisor starts it again.',
            submit: 'Kill it',
            fields: [
              {
                name: 'token',
                label: 'API token',
                kind: 'secret',
                required: true,
                hint: 'The one npm start printed. This page does not keep it, so it asks each time.',
              },
            ],
            send: kill,
          }}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </div>
  );
};

const Story = ({ death: { pid, at, next } }: { death: Death }) => (
  <>
    <li>
      <Clock at={at} /> The worker (process {pid}) was killed.
    </li>
    {next?.startedAt ? (
      <li>
        <Clock at={next.startedAt} /> The supervisor started it again as process {next.pid}.
      </li>
    ) : (
      <li class="soft">Waiting for the supervisor to start it again…</li>
    )}
    {next?.readyAt ? (
      <li>
        <Clock at={next.readyAt} /> It works again, {seconds(at, next.readyAt)} s after it died.{' '}
        <a href="/">The incidents went on</a> where they were.
      </li>
    ) : next ? (
      <li class="soft">Waiting until it works…</li>
    ) : null}
  </>
);

/** To the second: the point is how short it was. */
const Clock = ({ at }: { at: string }) => (
  <time class="soft" dateTime={at}>
    {new Date(at).toLocaleTimeString('en-GB')}
  </time>
);

const seconds = (from: string, until: string): string =>
  (Math.max(0, Date.parse(until) - Date.parse(from)) / 1_000).toFixed(1);

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Looks until another process of that name works; a look that fails is repeated. */
const useReturn = (url: string, death: Death | null, tell: (death: Death) => void): void => {
  useEffect(() => {
    if (death === null || death.token === '') return;
    const looking = setInterval(async () => {
      const known = await ask<{ items: ListedProcess[] }>(
        `${base(url)}/processes`,
        { headers: bearer(death.token) },
        whom,
      ).catch(() => null);
      const next = known?.items.find((listed) => listed.name === victim && listed.pid !== death.pid) ?? null;
      if (next && (next.pid !== death.next?.pid || next.readyAt)) {
        tell({ ...death, next, token: next.readyAt ? '' : death.token });
      }
    }, lookEveryMs);
    return () => clearInterval(looking);
  }, [url, death]);
};
