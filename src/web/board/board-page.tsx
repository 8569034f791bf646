import { useState } from 'preact/hooks';
import type { IncidentView } from '../../schema/incident.ts';
import { CommandDialog, type CommandForm } from '../parts/command-dialog.tsx';
import { Loaded } from '../parts/notes.tsx';
import { StaleBar } from '../parts/stale-bar.tsx';
import { isOpen } from '../parts/status-word.ts';
import { useTitle } from '../parts/title.ts';
import { navigate, setQuery, useAddress } from '../router.ts';
import { freshKey, read, send } from '../server/client.ts';
import { LiveContext, useLive } from '../server/live.ts';
import { useResource } from '../server/resource.ts';
import { useMe } from '../server/session.ts';
import type { Incidents } from '../server/shapes.ts';
import { BoardSide } from './board-side.tsx';
import { drillForm } from './drill-form.ts';
import { IncidentRow } from './incident-row.tsx';

const shows = { open: 'Open', over: 'Over', all: 'All' } as const;
const statusesOf = {
  open: '&status=declared,investigating,identified,mitigating,monitoring',
  over: '&status=resolved,closed,cancelled',
  all: '',
} as const;
const shownMax = 200;
type Show = keyof typeof shows;

/** Worst first; of two alike the one with the nearer deadline. */
const byUrgency = (one: IncidentView, other: IncidentView): number =>
  Number(isOpen(other.status)) - Number(isOpen(one.status)) ||
  (isOpen(one.status) ? one.rank - other.rank : 0) ||
  (isOpen(one.status) ? soonest(one) - soonest(other) : 0) ||
  Date.parse(other.declaredAt) - Date.parse(one.declaredAt);
const soonest = (view: IncidentView): number =>
  Math.min(...view.deadlines.map((deadline) => Date.parse(deadline.dueAt)));

export const BoardPage = () => {
  const live = useLive('/api/v1/events');
  const { query } = useAddress();
  const asked = query.get('show') ?? '';
  const show: Show = asked in shows ? (asked as Show) : 'open';
  const words = query.get('q') ?? '';
  const incidents = useResource(`incidents ${show}`, live.version, () =>
    read<Incidents>(`/api/v1/incidents?limit=${shownMax}${statusesOf[show]}`),
  );
  const [form, setForm] = useState<CommandForm | null>(null);
  const me = useMe();
  useTitle('Board');

  return (
    <LiveContext.Provider value={live}>
      <StaleBar />
      <div class="board">
        <div class="board-main">
          <div class="section-head">
            <h1 tabIndex={-1}>Incidents</h1>
            <div class="buttons">
              {me?.sandboxUrl ? (
                <button type="button" onClick={() => setForm(drillForm(opened))}>
                  Drill…
                </button>
              ) : null}
              <button type="button" class="primary" onClick={() => setForm(declareForm())}>
                Declare…
              </button>
            </div>
          </div>
          <div class="filters">
            {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would announce these switches as a form */}
            <div class="segments" role="group" aria-label="Which incidents">
              {(Object.keys(shows) as Show[]).map((name) => (
                <button
                  key={name}
                  type="button"
                  class="small"
                  aria-pressed={show === name}
                  onClick={() => setQuery('show', name === 'open' ? '' : name)}
                >
                  {shows[name]}
                </button>
              ))}
            </div>
            <input
              type="search"
              aria-label="Filter by title, service or id"
              placeholder="Filter by title, service, id"
              value={words}
              onInput={(event) => setQuery('q', event.currentTarget.value)}
            />
          </div>
          <Loaded resource={incidents} what="incidents">
            {(list) => (
              <>
                <Rows items={list.items} show={show} words={words} onDrill={() => setForm(drillForm(opened))} />
                {list.nextCursor ? (
                  <p class="soft">
                    The newest {shownMax} are shown; <code>muster list</code> knows the older ones.
                  </p>
                ) : null}
              </>
            )}
          </Loaded>
        </div>
        <BoardSide version={live.version} />
      </div>
      {form ? <CommandDialog form={form} onClose={() => setForm(null)} /> : null}
    </LiveContext.Provider>
  );
};

const opened = (id: string | null): void => {
  if (id) navigate(`/incidents/${id}`);
};

const Rows = ({
  items,
  show,
  words,
  onDrill,
}: {
  items: IncidentView[];
  show: Show;
  words: string;
  onDrill: () => void;
}) => {
  const me = useMe();
  const wanted = words.toLowerCase();
  const kept = items
    .filter((view) => show === 'all' || isOpen(view.status) === (show === 'open'))
    .filter((view) => `${view.id} ${view.title} ${view.service ?? ''}`.toLowerCase().includes(wanted))
    .sort(byUrgency);
  if (kept.length > 0)
    return (
      <ul class="plain incident-rows">
        {kept.map((view) => (
          <IncidentRow key={view.id} view={view} />
        ))}
      </ul>
    );
  if (words) return <p class="note">No incident fits “{words}”.</p>;
  if (show !== 'open') return <p class="note">No incident is over yet.</p>;
  return (
    <div class="note note-empty">
      <p class="note-title">All quiet.</p>
      <p>
        An incident appears here when a monitor posts to <code>/webhooks/alertmanager</code>,{' '}
        <code>/webhooks/cloudwatch</code> or <code>/webhooks/generic</code>, or when somebody declares one.
      </p>
      {me?.sandboxUrl ? (
        <button type="button" class="primary" onClick={onDrill}>
          Practise with a drill…
        </button>
      ) : null}
    </div>
  );
};

const declareForm = (): CommandForm => {
  const once = freshKey();
  return {
    title: 'Declare an incident',
    effect: 'Pages the person on call at once and opens the room. You become commander until you hand over.',
    submit: 'Declare and page',
    fields: [
      {
        name: 'title',
        label: 'What is wrong',
        kind: 'line',
        required: true,
        hint: 'As customers feel it: “Checkout answers with errors”.',
      },
      { name: 'service', label: 'Service', kind: 'line', hint: 'Its name in the catalogue.' },
      {
        name: 'severity',
        label: 'Severity',
        kind: 'line',
        hint: 'In the words of your pack, such as SEV2. Empty: the pack decides.',
      },
      { name: 'summary', label: 'What you know', kind: 'lines' },
    ],
    send: async (values) => {
      const body = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));
      const declared = await send<{ id: string }>('/api/v1/incidents', body, { once });
      opened(declared.id);
    },
  };
};
