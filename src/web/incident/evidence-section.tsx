import type { Evidence } from '../../schema/evidence.ts';
import { Curve } from '../parts/curve.tsx';
import { Fold } from '../parts/fold.tsx';
import { Instant } from '../parts/instant.tsx';
import { Loaded } from '../parts/notes.tsx';
import type { Resource } from '../server/resource.ts';
import { Nodes, Surroundings } from './evidence-around.tsx';
import { Database } from './evidence-database.tsx';
import { Alarms, Health, Logs, Signatures } from './evidence-signs.tsx';
import { Events, Pods, Revisions } from './evidence-workload.tsx';
import { Suspects } from './suspects.tsx';

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
    <Missing missing={evidence.missing} />
    <Suspects suspects={evidence.suspects} />
    {evidence.series.map((series) => (
      <Curve key={series.title} series={series} />
    ))}
    <Figures figures={evidence.figures} />
    <Health health={evidence.health} />
    <Alarms alarms={evidence.alarms} />
    <Signatures signatures={evidence.signatures} />
    <Database database={evidence.database} />
    <Pods pods={evidence.pods} />
    <Nodes nodes={evidence.nodes} />
    <Surroundings evidence={evidence} />
    <Revisions revisions={evidence.revisions} />
    <Events events={evidence.events} />
    <Logs logs={evidence.logs} logSearch={evidence.logSearch} />
  </>
);

const Missing = ({ missing }: Pick<Evidence, 'missing'>) => {
  if (missing.length === 0) return null;
  if (missing.length === 1) return <p class="warn-text">Could not be had: {missing[0]}</p>;
  return (
    <Fold title={<span class="warn-text">{missing.length} parts could not be had</span>}>
      <ul class="plain rows">
        {missing.map((part) => (
          <li key={part} class="breaks">
            {part}
          </li>
        ))}
      </ul>
    </Fold>
  );
};

/** Small curves side by side: enough to see which of them turned. */
const Figures = ({ figures }: Pick<Evidence, 'figures'>) =>
  figures.length === 0 ? null : (
    <Fold title="Figures" note={figures.length} open>
      <div class="figures">
        {figures.map((figure) => (
          <Curve key={figure.title} series={figure} height={120} />
        ))}
      </div>
    </Fold>
  );
