/**
 * Diagnosis: what is wrong with a workload, what changed before it, and what would help. Reads only, in parallel and
 * bounded; whatever cannot be had is named in `missing` and never fails the run.
 */
import { type Change, rankSuspects } from '../../src/domain/change-score.ts';
import { conclude } from '../../src/domain/diagnosis.ts';
import { bounded } from '../../src/domain/evidence-bounds.ts';
import { signaturesOf } from '../../src/domain/log-signatures.ts';
import { firstBreach, healthyUntil } from '../../src/domain/onset.ts';
import { safeText } from '../../src/domain/shorten.ts';
import { changesOf, firstOf } from '../../src/domain/workload-changes.ts';
import type { EvidenceSources } from '../../src/integrations/integration.ts';
import type { Evidence, Suspect } from '../../src/schema/evidence.ts';
import type { ServiceFacts } from '../../src/schema/organisation.ts';
import type { DiagnoseRequest, Diagnosis } from '../index.ts';
import type { RemediationDependencies } from '../run/context.ts';
import { figuresOf, marksOf, type Points, symptomCurve } from './metrics.ts';
import { partsOf } from './parts.ts';
import { nothingSeen, pictureOf } from './picture.ts';
import { askSources } from './sources.ts';
import { type Looked, lookAt } from './workload.ts';

const suspectsMax = 20;
const suspectChars = 300;
/** A log is searched over this much before the alert: AWS bills by what is gone through. */
const searchBeforeMs = 15 * 60_000;

/** What a diagnosis reads, per namespace; without a right its part is named as missing. */
export const evidencePermissions: readonly string[] = [
  'apps/deployments, apps/statefulsets, apps/daemonsets: get',
  'apps/replicasets, apps/controllerrevisions: list',
  'pods, events: list',
  'pods/log, configmaps: get',
  'services, resourcequotas: list',
  'discovery.k8s.io/endpointslices: list',
  'autoscaling/horizontalpodautoscalers: list',
  'policy/poddisruptionbudgets: list',
  'nodes: get (ClusterRole)',
  'pods: list (ClusterRole)',
];

const noSources: EvidenceSources = { alarms: null, logs: null, health: null };

/** Saves the evidence and says what it means. Throws only when the evidence cannot be stored. */
export const createDiagnose =
  (dependencies: RemediationDependencies) =>
  async (request: DiagnoseRequest): Promise<Diagnosis> => {
    const { incident, service } = request;
    const { evidence, target } = await gather(dependencies, request);
    await dependencies.store.remediations.saveEvidence(incident.incidentId, evidence);
    const { suspects, missing } = evidence;
    dependencies.log.info({ incident: incident.incidentId, suspects: suspects.length, missing }, 'gathered evidence');
    if (!target)
      return {
        finding: `${service.title} has no workload in the catalogue, so nothing could be looked at.`,
        suspects: [],
        proposal: null,
        missing,
      };
    return {
      ...conclude(evidence, target),
      suspects: suspects.map(({ what, score, reasons }) => ({ what, score, reasons })),
      missing,
    };
  };

const gather = async (
  { connect, cluster, organisation, sources }: RemediationDependencies,
  request: DiagnoseRequest,
): Promise<{ evidence: Evidence; target: ServiceFacts['target'] }> => {
  const { incident, service } = request;
  const { drill } = incident;
  const { target, symptom } = service;
  const missing: string[] = [];
  const part = partsOf(missing);
  const alerted = firstOf(request.alerts.map((alert) => alert.startsAt)) ?? incident.declaredAt;
  // The workflow carries little of a service; the rest is looked up, so that nobody but the catalogue names an address.
  const listed = organisation.services[service.id];
  const searchFrom = new Date(Date.parse(alerted) - searchBeforeMs).toISOString();
  const [points, figures, asked, seen] = await Promise.all([
    part<Points>('the symptom curve', [], () => symptomCurve(connect(drill).metrics, request, alerted)),
    figuresOf(part, () => connect(drill).metrics, listed?.figures, request, alerted),
    askSources(part, sources?.(drill) ?? noSources, listed ?? {}, { from: searchFrom, to: request.at }),
    target ? lookAt(part, () => cluster(target.cluster, drill), target) : null,
  ]);
  if (!target) missing.push(`the workload of ${service.title}: the catalogue names none`);
  if (seen && seen.podsInAll > seen.pods.length)
    missing.push(`the pods beyond the first ${seen.pods.length} of ${seen.podsInAll}`);

  const onset = symptom ? firstBreach(points, symptom.healthyBelow, alerted) : alerted;
  const lastWell = symptom ? healthyUntil(points, symptom.healthyBelow, onset) : null;
  const changes = seen && target ? changesOf(seen, target, lastWell) : [];
  const evidence: Evidence = {
    gatheredAt: request.at,
    onset,
    suspects: rankSuspects(changes, onset, request.lookBackMs).slice(0, suspectsMax).map(withoutSecrets),
    series: symptom ? [symptomSeries(symptom, points, changes)] : [],
    figures,
    ...(seen ? pictureOf(seen) : nothingSeen),
    ...asked,
    signatures: signaturesOf(linesOf(seen, asked.logSearch)),
    database: null,
    missing,
  };
  return { evidence: bounded(evidence), target };
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
