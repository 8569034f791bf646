import { useEffect, useState } from 'preact/hooks';
import type { RunbookBoard, RunbookView } from '../../schema/runbook-board.ts';
import { Instant } from '../parts/instant.tsx';
import { Failed, Loaded } from '../parts/notes.tsx';
import { StaleBar } from '../parts/stale-bar.tsx';
import { useTitle } from '../parts/title.ts';
import { setQuery, useAddress } from '../router.ts';
import { read } from '../server/client.ts';
import { LiveContext, useLive } from '../server/live.ts';
import { useResource } from '../server/resource.ts';
import { PolicySection } from './policy-section.tsx';
import { idOf, RunbookCard } from './runbook-card.tsx';

/** What is loaded, how far each may go by itself, and how well it has done. */
export const RunbooksPage = () => {
  const live = useLive('/api/v1/events');
  const board = useResource('runbooks', live.version, () => read<RunbookBoard>('/api/v1/runbooks'));
  useTitle('Runbooks');
  return (
    <LiveContext.Provider value={live}>
      <StaleBar />
      <div class="runbooks">
        <h1 tabIndex={-1}>Runbooks</h1>
        {board.value && board.problem ? <Failed problem={board.problem} retry={board.reload} /> : null}
        <Loaded resource={board} what="the runbooks and policies">
          {(found) => <Board board={found} onChanged={board.reload} />}
        </Loaded>
      </div>
    </LiveContext.Provider>
  );
};

const Board = ({ board, onChanged }: { board: RunbookBoard; onChanged: () => void }) => {
  const { query } = useAddress();
  const wanted = useWanted();
  const words = query.get('q') ?? '';
  const shown = board.runbooks.filter((runbook) => fits(runbook, words));
  return (
    <>
      <p class="soft lead">
        {counted(board)} Read from files <Instant at={board.readAt} />; a changed file counts once api and worker start
        again. {board.mayLower} <a href="#policies-title">Policies</a> stand below.
      </p>
      <Faults faults={board.faults} />
      <input
        type="search"
        aria-label="Filter runbooks by name, title, action or file"
        placeholder="Filter by name, title, action, file"
        value={words}
        onInput={(event) => setQuery('q', event.currentTarget.value)}
      />
      {shown.length > 0 ? (
        <section class="runbook-cards" aria-label="Runbooks">
          <h2 class="visually-hidden">What is loaded</h2>
          {shown.map((runbook) => (
            <RunbookCard key={runbook.name} runbook={runbook} wanted={runbook.name === wanted} onChanged={onChanged} />
          ))}
        </section>
      ) : (
        <p class="note">
          {board.runbooks.length === 0
            ? 'No runbook is loaded: alerts page people, and nothing is proposed. Put one into MUSTER_REMEDIATION_DIR.'
            : `No runbook fits “${words}”.`}
        </p>
      )}
      <PolicySection board={board} />
    </>
  );
};

const fits = ({ name, title, file, steps }: RunbookView, words: string): boolean =>
  [name, title, file, ...steps.map(({ action }) => action)].join(' ').toLowerCase().includes(words.toLowerCase());

const counted = ({ runbooks, policies }: RunbookBoard): string => {
  const off = runbooks.filter(({ stops }) => stops.some(({ steps }) => steps === null)).length;
  const promising = runbooks.filter(({ trust }) => trust.some(({ suggestion }) => suggestion === 'promote')).length;
  return [
    `${runbooks.length} runbooks, ${policies.length} policies.`,
    ...(off > 0 ? [`${off} off.`] : []),
    ...(promising > 0 ? [`${promising} suggested for promotion.`] : []),
  ].join(' ');
};

/** Left out, and the worker will not start with them: nobody should believe that such a file counts. */
const Faults = ({ faults }: { faults: readonly string[] }) =>
  faults.length === 0 ? null : (
    <div class="note note-failed" role="alert">
      <p>
        <strong>Some runbooks cannot be read.</strong> They are left out here, and the worker does not start with them:
        correct them, then run <code>muster runbook check</code>.
      </p>
      <ul>
        {faults.map((fault) => (
          <li key={fault}>{fault}</li>
        ))}
      </ul>
    </div>
  );

/** The name after the # of the address; its card is brought into view once it is there. */
const useWanted = (): string => {
  const [wanted, setWanted] = useState(hashName);
  useEffect(() => {
    const update = (): void => setWanted(hashName());
    addEventListener('hashchange', update);
    return () => removeEventListener('hashchange', update);
  }, []);
  useEffect(() => {
    if (wanted === '') return;
    const card = document.getElementById(idOf(wanted));
    card?.scrollIntoView({ block: 'start' });
    card?.querySelector('h3')?.focus({ preventScroll: true });
  }, [wanted]);
  return wanted;
};

const hashName = (): string => location.hash.slice(1);
