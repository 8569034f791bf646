import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { TimelineItem } from '../../schema/incident.ts';
import { announce } from '../parts/announcer.tsx';
import { clockTime, dayText } from '../parts/duration.ts';
import { Instant } from '../parts/instant.tsx';
import { Failed } from '../parts/notes.tsx';
import { Why } from '../parts/why.tsx';
import { setQuery, useAddress } from '../router.ts';
import { incidentPath, send } from '../server/client.ts';
import { useCommand } from '../server/command.ts';
import { useScope } from './scope.ts';

const filters = {
  people: { label: 'People', keeps: (entry: TimelineItem) => entry.actor.kind === 'person' },
  machine: { label: 'Machine', keeps: (entry: TimelineItem) => entry.actor.kind !== 'person' },
  public: { label: 'Public', keeps: (entry: TimelineItem) => entry.public },
} as const;
type FilterName = keyof typeof filters;

const actorShapes = { person: '●', muster: '■', monitor: '▲' } as const;
const actorWords = { person: 'Person', muster: 'Muster', monitor: 'Monitor' } as const;

/** What happened, in the server's own sentences. */
export const TimelineSection = () => {
  const { view, timeline } = useScope();
  const { query } = useAddress();
  const chosen = (query.get('show') ?? '').split(',').filter((name): name is FilterName => name in filters);
  const oldestFirst = query.get('order') === 'oldest';
  const shown = timeline.filter((entry) => chosen.length === 0 || chosen.some((name) => filters[name].keeps(entry)));
  const ordered = oldestFirst ? shown : [...shown].reverse();
  useSpokenNews(timeline);

  const toggle = (name: FilterName): void =>
    setQuery('show', (chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]).join(','));

  return (
    <section id="timeline" class="sheet" aria-labelledby="timeline-title">
      <div class="section-head">
        <h2 id="timeline-title">
          Timeline{' '}
          <span class="soft">
            ({shown.length === timeline.length ? timeline.length : `${shown.length} of ${timeline.length}`})
          </span>
        </h2>
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would announce these switches as a form */}
        <div class="filters" role="group" aria-label="Show in the timeline">
          {(Object.keys(filters) as FilterName[]).map((name) => (
            <button
              key={name}
              type="button"
              class="small"
              aria-pressed={chosen.includes(name)}
              onClick={() => toggle(name)}
            >
              {filters[name].label}
            </button>
          ))}
          <button type="button" class="small quiet" onClick={() => setQuery('order', oldestFirst ? '' : 'oldest')}>
            {oldestFirst ? 'Oldest first' : 'Newest first'}
          </button>
        </div>
      </div>
      <NoteForm incidentId={view.id} />
      {ordered.length === 0 ? (
        <p class="note">{timeline.length === 0 ? 'Nothing happened yet.' : 'No entry fits this filter.'}</p>
      ) : (
        <ol class="plain timeline">
          {ordered.map((entry, index) => (
            <Entry key={entry.key} entry={entry} newDay={isNewDay(entry, ordered[index - 1])} />
          ))}
        </ol>
      )}
    </section>
  );
};

const isNewDay = (entry: TimelineItem, before: TimelineItem | undefined): boolean =>
  before !== undefined && dayText(entry.at) !== dayText(before.at);

const Entry = ({ entry, newDay }: { entry: TimelineItem; newDay: boolean }) => (
  <li id={`t-${entry.seq}`} class={`entry entry-${entry.actor.kind}`}>
    {newDay ? <p class="entry-day">{dayText(entry.at)}</p> : null}
    <a class="entry-time" href={`#t-${entry.seq}`} aria-label={`Link to entry ${entry.seq}, ${clockTime(entry.at)}`}>
      <span class="entry-clock">{clockTime(entry.at)}</span>
      <Instant at={entry.at} inLink />
    </a>
    <span class="entry-shape" aria-hidden="true">
      {actorShapes[entry.actor.kind]}
    </span>
    <div class="entry-text">
      <p>
        {entry.text}
        {entry.public ? <span class="tag tag-public">public</span> : null}
      </p>
      <p class="soft entry-actor">
        {entry.actor.kind === 'muster' ? 'Muster' : `${actorWords[entry.actor.kind]}: ${entry.actor.name}`}
      </p>
      <Why text={entry.why} of={entry.text} />
    </div>
  </li>
);

/** Reads new entries out, but not the whole history at the first look. */
const useSpokenNews = (timeline: TimelineItem[]): void => {
  const heard = useRef<number | null>(null);
  useEffect(() => {
    const last = timeline.at(-1);
    if (heard.current !== null && last && last.seq > heard.current) announce(last.text);
    if (last) heard.current = last.seq;
  }, [timeline]);
};

const NoteForm = ({ incidentId }: { incidentId: string }) => {
  const [text, setText] = useState('');
  const command = useCommand();
  const id = useId();
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (text.trim() === '') return;
    if (await command.run(() => send(incidentPath(incidentId, '/notes'), { text: text.trim() }))) setText('');
  };
  return (
    <form class="note-form" onSubmit={submit}>
      <label for={id} class="visually-hidden">
        Add a note to the timeline
      </label>
      <input
        id={id}
        type="text"
        placeholder="Add a note: what you saw, tried, decided"
        autocomplete="off"
        maxLength={4_000}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" disabled={command.busy || text.trim() === ''}>
        {command.busy ? 'Sending…' : 'Add note'}
      </button>
      {command.problem ? <Failed problem={command.problem} /> : null}
    </form>
  );
};
