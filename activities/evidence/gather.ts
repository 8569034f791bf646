/**
 * Everything that can be seen of a service in trouble. Reads only, in parallel and bounded in time, bytes and rows;
 * whatever cannot be had is named in `missing` and never fails the run. Nothing that is kept holds a secret.
 */
import { mergeChanges } from '../../src/domain/changes/merge.ts';
import { firstBreach, healthyUntil } from '../../src/domain/changes/onset.ts';
import { type Change, rankSuspects } from '../../src/domain/changes/score.ts';
import { changesOf, firstOf } from '../../src/domain/changes/workload-changes.ts';
import { bounded } from '../../src/domain/diagnosis/evidence-bounds.ts';
import { signaturesOf } from '../../src/domain/diagnosis/log-signatures.ts';
import { safeText } from '../../src/domain/shorten.ts';
import type { EvidenceSources } from '../../src/integrations/integration.ts';
import type { Evidence, Suspect } from '../../src/schema/evidence.ts';
import type { ServiceFacts } from '../../src/schema/organisation.ts';
import type { ChangeStore } from '../../src/store/store.ts';
import type { DiagnoseRequest } from '../index.ts';
import type { RemediationDependencies } from '../run/context.ts';
import { databaseSeen } from './database.ts';
import { ledgerChanges } from './ledger.ts';
import { figuresOf, marksOf, type Points, symptomCurve } from './metrics.ts';
import { partsOf } from './parts.ts';
import { nothingSeen, pictureOf } from './picture.ts';
import { askSources } from './sources.ts';
import { type Looked, lookAt } from './workload.ts';

const suspectsMax = 20;
const suspectChars = 300;
/** A log is searched over this much before the alert: AWS bills by what is gone through. */
const searchBeforeMs = 15 * 60_000;

const noSources: EvidenceSources = { alarms: null, logs: null, cloudMetrics: null, health: null };

/** The database answers at once or is away. */
const ledgerPatienceMs = 2_000;

export type Ways = Pick<RemediationDependencies, 'connect' | 'cluster' | 'database' | 'organisation' | 'sources'> & {
  store: { changes: Pick<ChangeStore, 'around'> };
};

export const gather = async (ways: Ways, request: DiagnoseRequest): Promise<Evidence> => {
  const { connect, cluster, organisation, sources, store } = ways;
  const { incident, service } = request;
  const { drill } = incident;
  const { target, symptom } = service;
  const missing: string[] = [];
  const part = partsOf(missing);
  const alerted = firstOf(request.alerts.map((alert) => alert.startsAt)) ?? incident.declaredAt;
  // The workflow carries little of a service; the rest is looked up, so that nobody but the catalogue names an address.
  const listed = organisation.services[service.id];
  const searchFrom = new Date(Date.parse(alerted) - searchBeforeMs).toISOString();
  const [points, figures, asked, database, seen] = await Promise.all([
    part<Points>('the symptom curve', [], () => symptomCurve(connect(drill).metrics, request, alerted)),
    figuresOf(part, () => connect(drill).metrics, listed?.figures, request, alerted),
    askSources(part, sources?.(drill) ?? noSources, listed ?? {}, { from: searchFrom, to: request.at }),
    databaseSeen(part, ways, listed?.database, drill),
    target ? lookAt(part, () => cluster(target.cluster, drill), target) : null,
  ]);
  if (!target) missing.push(`the workload of ${service.title}: the catalogue names none`);
  if (seen && seen.podsInAll > seen.pods.length)
    missing.push(`the pods beyond the first ${seen.pods.length} of ${seen.podsInAll}`);

  const onset = symptom ? firstBreach(points, symptom.healthyBelow, alerted) : alerted;
  const lastWell = symptom ? healthyUntil(points, symptom.healthyBelow, onset) : null;
  const nodes = (seen?.pods ?? []).flatMap(({ spec }) => spec.nodeName ?? []);
  const sufferer = { service: service.id, target, nodes, drill, onset, lookBackMs: request.lookBackMs };
  const recorded = await part<Change[]>(
    'the ledger of changes',
    [],
    () => ledgerChanges(store.changes, organisation, sufferer),
    ledgerPatienceMs,
  );
  const changes = mergeChanges([...(seen && target ? changesOf(seen, target, lastWell) : []), ...recorded]);
  const evidence: Evidence = {
    gatheredAt: request.at,
    onset,
    suspects: rankSuspects(changes, onset, request.lookBackMs).slice(0, suspectsMax).map(withoutSecrets),
    series: symptom ? [symptomSeries(symptom, points, changes)] : [],
    figures,
    ...(seen ? pictureOf(seen) : nothingSeen),
    ...asked,
    signatures: signaturesOf(linesOf(seen, asked.logSearch)),
    database,
    missing,
  };
  return bounded(evidence);
};

const symptomSeries = (
  { title, unit, healthyBelow }: NonNullable<ServiceFacts['symptom']>,
  points: Points,
  changes: Change[],
): Evidence['series'][number] => ({ title, unit, healthyBelow, points, marks: marksOf(changes, points) });

/** Change causes are command lines that pipelines write down, arguments and all. */
const withoutSecrets = (suspect: Suspect): Suspect => ({
  ...suspect,
  what: safeText(suspect.what, suspectChars),
  by: suspect.by && safeText(suspect.by, suspectChars),
});

const linesOf = (seen: Looked | null, search: Evidence['logSearch']): string[] => [
  ...(seen?.logs ?? []).flatMap(({ lines }) => lines),
  ...(search?.rows ?? []).map(({ text }) => text),
];
