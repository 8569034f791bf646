import { useEffect, useState } from 'preact/hooks';
import { Instant } from '../parts/instant.tsx';
import { Loaded } from '../parts/notes.tsx';
import { useTitle } from '../parts/title.ts';
import { read } from '../server/client.ts';
import { useResource } from '../server/resource.ts';
import type { PublicIncident, PublicStatus } from '../server/shapes.ts';

const rereadMs = 30_000;

const componentWords: Record<string, { word: string; tone: string }> = {
  operational: { word: 'Operational', tone: 'good' },
  degraded: { word: 'Degraded', tone: 'wait' },
  degraded_performance: { word: 'Degraded', tone: 'wait' },
  partial_outage: { word: 'Partial outage', tone: 'bad' },
  major_outage: { word: 'Major outage', tone: 'bad' },
  under_maintenance: { word: 'Maintenance', tone: 'calm' },
};

/** The public page: for customers, without a session, without one internal word. */
export const StatusPage = () => {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setVersion((count) => count + 1), rereadMs);
    return () => clearInterval(timer);
  }, []);
  const status = useResource('status', version, () => read<PublicStatus>('/api/v1/status'));
  useTitle('Status');
  return (
    <div class="public">
      <Loaded resource={status} what="the status">
        {(found) => <Published status={found} />}
      </Loaded>
    </div>
  );
};

const Published = ({ status }: { status: PublicStatus }) => {
  const open = status.incidents.filter((incident) => incident.status !== 'resolved');
  const over = [...status.incidents, ...(status.past ?? [])].filter((incident) => incident.status === 'resolved');
  const hurt = (status.components ?? []).some((component) => component.status !== 'operational');
  const well = open.length === 0 && !hurt;
  return (
    <>
      <h1 tabIndex={-1}>{status.name ? `${status.name} status` : 'Status'}</h1>
      <p class={well ? 'banner banner-good' : 'banner banner-bad'}>
        {well
          ? 'All systems work.'
          : open.length > 0
            ? 'We know of a problem and are working on it.'
            : 'Some systems are not at their best.'}
      </p>
      {open.map((incident) => (
        <OpenIncident key={incident.id} incident={incident} />
      ))}
      {status.components?.length ? (
        <section aria-labelledby="components-title">
          <h2 id="components-title">Systems</h2>
          <ul class="plain components">
            {status.components.map((component) => {
              const said = componentWords[component.status] ?? { word: component.status, tone: 'calm' };
              return (
                <li key={component.name}>
                  <span>{component.name}</span>
                  <span class={`status tone-${said.tone}`}>{said.word}</span>
                </li>
              );
            })}
          </ul>
        </section>
      ) : null}
      <section aria-labelledby="past-title">
        <h2 id="past-title">Resolved</h2>
        {over.length === 0 ? <p class="note">Nothing in the recent past.</p> : null}
        {over.map((incident) => (
          <details key={incident.id} class="fold">
            <summary>
              {incident.title}{' '}
              <span class="soft">{incident.updates[0] ? <Instant at={incident.updates[0].at} inLink /> : null}</span>
            </summary>
            <Updates incident={incident} />
          </details>
        ))}
      </section>
      {status.generatedAt ? (
        <p class="soft">
          As of <Instant at={status.generatedAt} />
        </p>
      ) : null}
    </>
  );
};

const OpenIncident = ({ incident }: { incident: PublicIncident }) => (
  <article class="card public-incident">
    <header class="card-head">
      <h2>{incident.title}</h2>
      <span class="status tone-wait">{incident.status}</span>
    </header>
    {incident.nextUpdateAt ? (
      <p>
        <strong>
          Next update <Instant at={incident.nextUpdateAt} />
        </strong>
      </p>
    ) : null}
    <Updates incident={incident} />
  </article>
);

const Updates = ({ incident }: { incident: PublicIncident }) => (
  <ol class="plain public-updates">
    {[...incident.updates]
      .sort((one, other) => Date.parse(other.at) - Date.parse(one.at))
      .map((update) => (
        <li key={update.at}>
          <p class="soft">
            <strong>{update.status}</strong> <Instant at={update.at} />
          </p>
          <p>{update.text}</p>
        </li>
      ))}
  </ol>
);
