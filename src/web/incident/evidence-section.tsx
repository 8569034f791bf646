import type { Evidence, Suspect } from '../../schema/evidence.ts';
import { Curve } from '../parts/curve.tsx';
import { Instant } from '../parts/instant.tsx';
import { Loaded } from '../parts/notes.tsx';
import type { Resource } from '../server/resource.ts';

/** What was found: who is suspected and why, the curves, the pods, what the cluster and the logs say. */
export const EvidenceSection = ({ evidence }: { evidence: Resource<Evidence | null> }) => (
  <section id="evidence" class="sheet" aria-labelledby="evidence-title">
    <h2 id="evidence-title">Evidence</h2>
    <Loaded resource={evidence} what="evidence">
      {(found) =>
        found ? (
          <Found evidence={found} />
        ) : (
          <p class="note">Nothing gathered yet. Diagnosis starts with the declaration and shows its finds here.</p>
        )
      }
    </Loaded>
  </section>
);

const Found = ({ evidence }: { evidence: Evidence }) => (
  <>
    <p class="soft">
      Gathered <Instant at={evidence.gatheredAt} /> · symptoms began <Instant at={evidence.onset} />
    </p>
    {evidence.missing.length > 0 ? <p class="warn-text">Could not be had: {evidence.missing.join('; ')}</p> : null}
    <Suspects suspects={evidence.suspects} />
    {evidence.series.map((series) => (
      <Curve key={series.title} series={series} />
    ))}
    <Pods evidence={evidence} />
    <Revisions evidence={evidence} />
    <Events evidence={evidence} />
    {evidence.logs.map((log) => (
      <details key={`${log.pod}${log.previous}`} class="fold">
        <summary>
          Log of {log.pod}
          {log.previous ? ' before its last restart' : ''} <span class="soft">({log.lines.length} lines)</span>
        </summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
        <pre class="code" tabIndex={0}>
          {log.lines.join('\n')}
        </pre>
      </details>
    ))}
  </>
);

const Suspects = ({ suspects }: { suspects: Suspect[] }) => (
  <>
    <h3>Suspected changes</h3>
    {suspects.length === 0 ? (
      <p class="note">No change found in the look-back window. A rollback would be a guess.</p>
    ) : (
      <ol class="plain suspects">
        {suspects.map((suspect) => (
          <li key={`${suspect.what}${suspect.at}`} class="suspect">
            <meter min={0} max={2} value={suspect.score} aria-label={`Score ${suspect.score.toFixed(2)} of 2`} />
            <span class="suspect-score">{suspect.score.toFixed(2)}</span>
            <div>
              <p>
                <strong>{suspect.what}</strong>{' '}
                <span class="soft">
                  <Instant at={suspect.at} />
                  {suspect.by ? ` by ${suspect.by}` : ''}
                </span>
              </p>
              <ul class="reasons">
                {suspect.reasons.map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
            </div>
          </li>
        ))}
      </ol>
    )}
  </>
);

const Pods = ({ evidence }: { evidence: Evidence }) => {
  if (evidence.pods.length === 0) return null;
  const unready = evidence.pods.filter((pod) => !pod.ready).length;
  return (
    <details class="fold" open>
      <summary>
        Pods{' '}
        <span class="soft">
          ({evidence.pods.length}, {unready === 0 ? 'all ready' : `${unready} not ready`})
        </span>
      </summary>
      <div class="table-holder">
        <table>
          <thead>
            <tr>
              <th scope="col">Pod</th>
              <th scope="col">State</th>
              <th scope="col">Restarts</th>
              <th scope="col">Image</th>
              <th scope="col">Revision</th>
            </tr>
          </thead>
          <tbody>
            {evidence.pods.map((pod) => (
              <tr key={pod.name}>
                <th scope="row">{pod.name}</th>
                <td>
                  <span class={pod.ready ? 'check check-yes' : 'check check-no'}>
                    {pod.ready ? 'Ready' : 'Not ready'}
                  </span>{' '}
                  {pod.reason ?? pod.phase}
                </td>
                <td class="number">{pod.restarts}</td>
                <td>
                  <code>{pod.image}</code>
                </td>
                <td class="number">{pod.revision}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
};

const Revisions = ({ evidence }: { evidence: Evidence }) =>
  evidence.revisions.length === 0 ? null : (
    <details class="fold">
      <summary>
        Revisions <span class="soft">({evidence.revisions.length})</span>
      </summary>
      <ul class="plain rows">
        {evidence.revisions.map((revision) => (
          <li key={revision.revision}>
            <strong>{revision.revision}</strong> <code>{revision.images.join(', ')}</code>{' '}
            <span class="soft">
              <Instant at={revision.at} />, {revision.ready} ready
            </span>
            {revision.current ? <span class="tag">current</span> : null}
          </li>
        ))}
      </ul>
    </details>
  );

const Events = ({ evidence }: { evidence: Evidence }) =>
  evidence.events.length === 0 ? null : (
    <details class="fold">
      <summary>
        Cluster events <span class="soft">({evidence.events.length})</span>
      </summary>
      <ul class="plain rows">
        {evidence.events.map((event) => (
          <li key={`${event.at}${event.about}${event.reason}`}>
            <strong>{event.reason}</strong> {event.about}: {event.message}{' '}
            <span class="soft">
              <Instant at={event.at} />
              {event.count > 1 ? `, ${event.count} times` : ''}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
