/**
 * Diagnosis: what is wrong with a workload, what changed before it, and what would help. Reads only, in parallel and
 * bounded; whatever cannot be had is named in `missing` and never fails the run.
 */
import { type Change, rankSuspects } from '../../src/domain/change-score.ts';
import { podHashLabel } from '../../src/domain/controller-revisions.ts';
import { conclude } from '../../src/domain/diagnosis.ts';
import { firstBreach, healthyUntil } from '../../src/domain/onset.ts';
import { redactSecrets } from '../../src/domain/redaction.ts';
import { releasesOfReplicaSets, releasesOfRevisions } from '../../src/domain/releases.ts';
import { isReady, restartsOf, troubleOf } from '../../src/domain/rollout.ts';
import { configMapsOf, imagesOf } from '../../src/domain/rollout-history.ts';
import { changesOf, firstOf, type Seen, timeOf } from '../../src/domain/workload-changes.ts';
import type { Cluster, Metrics } from '../../src/integrations/integration.ts';
import type { Evidence } from '../../src/schema/evidence.ts';
import { ClusterEvent, ConfigMap, type Meta, type Pod, type Workload } from '../../src/schema/kubernetes.ts';
import type { Target } from '../../src/schema/remediation.ts';
import {
  controllerRevisionsOf,
  listAll,
  namespacedPath,
  podsOf,
  readRaw,
  readWorkload,
  replicaSetsOf,
  understood,
} from '../actions/cluster-reads.ts';
import { inWords } from '../failure.ts';
import type { DiagnoseRequest, Diagnosis } from '../index.ts';
import type { RemediationDependencies } from '../run/context.ts';

const podsMax = 50;
const eventsMax = 50;
const logsMax = 4;
const logLines = 100;
const logLineChars = 500;
const seriesPoints = 120;
/** At least this much of the curve before the first breach is shown, so that "before" can be seen. */
const seriesBeforeMs = 30 * 60_000;
/** Four parts wait for each other at most; together they stay below the activity's own limit of 30 s. */
const partPatienceMs = 6_000;

/** What a diagnosis reads, per namespace; without a right its part is named as missing. */
export const evidencePermissions: readonly string[] = [
  'apps/deployments, apps/statefulsets, apps/daemonsets: get',
  'apps/replicasets, apps/controllerrevisions: list',
  'pods, events: list',
  'pods/log, configmaps: get',
];

/** Saves the evidence and says what it means. Throws only when the evidence cannot be stored. */
export const createDiagnose =
  ({ store, connect, cluster, log }: RemediationDependencies) =>
  async (request: DiagnoseRequest): Promise<Diagnosis> => {
    const { incident, service } = request;
    const missing: string[] = [];
    const part = partsOf(missing);
    const alerted = firstOf(request.alerts.map((alert) => alert.startsAt)) ?? incident.declaredAt;
    const { target } = service;
    const [points, seen] = await Promise.all([
      part<Points>('the symptom curve', [], () => curve(connect(incident.drill).metrics, request, alerted)),
      target ? look(part, () => cluster(target.cluster, incident.drill), target) : null,
    ]);
    const onset = service.symptom ? firstBreach(points, service.symptom.healthyBelow, alerted) : alerted;
    if (!target) missing.push(`the workload of ${service.title}: the catalogue names none`);

    const changes =
      seen && target
        ? changesOf(seen, target, service.symptom ? healthyUntil(points, service.symptom.healthyBelow, onset) : null)
        : [];
    const evidence: Evidence = {
      gatheredAt: request.at,
      onset,
      suspects: rankSuspects(changes, onset, request.lookBackMs),
      series: service.symptom
        ? [
            {
              title: service.symptom.title,
              unit: service.symptom.unit,
              healthyBelow: service.symptom.healthyBelow,
              points,
              marks: marksOf(changes, points),
            },
          ]
        : [],
      ...(seen ? pictureOf(seen) : { pods: [], events: [], revisions: [], logs: [] }),
      figures: [],
      nodes: [],
      autoscalers: [],
      budgets: [],
      quotas: [],
      endpoints: [],
      health: null,
      alarms: [],
      logSearch: null,
      signatures: [],
      database: null,
      missing,
    };
    await store.remediations.saveEvidence(incident.incidentId, evidence);
    log.info({ incident: incident.incidentId, suspects: evidence.suspects.length, missing }, 'gathered evidence');
    if (!target)
      return {
        finding: `${service.title} has no workload in the catalogue, so nothing could be looked at.`,
        suspects: [],
        proposal: null,
        missing,
      };
    return {
      ...conclude(evidence, target),
      suspects: evidence.suspects.map(({ what, score, reasons }) => ({ what, score, reasons })),
      missing,
    };
  };

type Part = <Value>(name: string, otherwise: Value, get: () => Promise<Value>) => Promise<Value>;

/** Each part has its own patience; one that fails is named and replaced by nothing. */
const partsOf =
  (missing: string[]): Part =>
  async (name, otherwise, get) => {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${partPatienceMs / 1_000} s`)), partPatienceMs);
    });
    try {
      return await Promise.race([get(), patience]);
    } catch (error) {
      const because = error instanceof Error && error.name === 'Refused' ? error.message : inWords(error);
      missing.push(`${name}: ${because}`);
      return otherwise;
    } finally {
      clearTimeout(timer);
    }
  };

interface Looked extends Seen {
  logs: Evidence['logs'];
}

const look = async (part: Part, reach: () => Cluster, target: Target): Promise<Looked | null> => {
  const found = await part<{ cluster: Cluster; workload: Workload } | null>('the workload', null, async () => {
    const cluster = reach();
    return { cluster, workload: await readWorkload(cluster, target) };
  });
  if (!found) return null;
  const { cluster, workload } = found;
  const isDeployment = target.kind === 'Deployment';
  const [replicaSets, revisions] = await Promise.all([
    part('the rollout history', [], async () => (isDeployment ? replicaSetsOf(cluster, target, workload) : [])),
    part('the rollout history', [], async () => (isDeployment ? [] : controllerRevisionsOf(cluster, target, workload))),
  ]);
  const [pods, events, configMaps] = await Promise.all([
    part('the pods', [], () => podsOf(cluster, target, workload, isDeployment ? replicaSets : [workload])),
    part('the events', [], () => listAll(cluster, namespacedPath(target, '/api/v1', 'events'), ClusterEvent)),
    part('the ConfigMaps', [], () => readConfigMaps(cluster, target, configMapsOf(workload.spec.template))),
  ]);
  const looked = pods.slice(0, podsMax);
  const { all, current } = isDeployment
    ? releasesOfReplicaSets(workload, replicaSets, looked)
    : releasesOfRevisions(workload, revisions, looked);
  return {
    workload,
    releases: all,
    current,
    pods: looked,
    events: aboutThese(events, [workload, ...replicaSets, ...pods]),
    logs: await logsOf(part, cluster, target, pods),
    configMaps,
  };
};

const readConfigMaps = async (cluster: Cluster, target: Target, names: string[]): Promise<ConfigMap[]> => {
  const raw = await Promise.all(
    names
      .slice(0, 10)
      .map((name) =>
        readRaw(cluster, `${namespacedPath(target, '/api/v1', 'configmaps')}/${encodeURIComponent(name)}`),
      ),
  );
  return raw.filter((one) => one !== null).map((one) => understood(ConfigMap, one));
};

/** The last lines of pods in trouble, of the container before the crash where there was one. Secrets are taken out. */
const logsOf = async (part: Part, cluster: Cluster, target: Target, pods: Pod[]): Promise<Evidence['logs']> => {
  const asked = pods
    .filter((pod) => troubleOf(pod) !== null && pod.status.phase !== 'Pending')
    .slice(0, logsMax)
    .flatMap((pod) =>
      restartsOf(pod) > 0
        ? [
            { pod, previous: true },
            { pod, previous: false },
          ]
        : [{ pod, previous: false }],
    );
  const logs = await Promise.all(
    asked.map(({ pod, previous }) =>
      part(`the ${previous ? 'previous ' : ''}log of ${pod.metadata.name}`, null, async () => {
        const text = await cluster.text(
          `${namespacedPath(target, '/api/v1', 'pods')}/${encodeURIComponent(pod.metadata.name)}/log`,
          {
            tailLines: String(logLines),
            limitBytes: '1048576',
            ...(previous ? { previous: 'true' } : {}),
            ...containerOf(pod),
          },
        );
        const lines = redactSecrets(text).split('\n').filter(Boolean).slice(-logLines);
        return { pod: pod.metadata.name, previous, lines: lines.map((line) => line.slice(0, logLineChars)) };
      }),
    ),
  );
  return logs.filter((one) => one !== null);
};

/** Pods with several containers answer only when one is named: the one that restarted most. */
const containerOf = (pod: Pod): { container?: string } => {
  const statuses = pod.status.containerStatuses ?? [];
  if (pod.spec.containers.length < 2) return {};
  const worst = [...statuses].sort((one, other) => (other.restartCount ?? 0) - (one.restartCount ?? 0))[0];
  return worst ? { container: worst.name } : {};
};

const aboutThese = (events: ClusterEvent[], objects: { metadata: Meta }[]): ClusterEvent[] => {
  const names = new Set(objects.map((one) => one.metadata.name));
  return events
    .filter((event) => event.involvedObject.name !== undefined && names.has(event.involvedObject.name))
    .sort((one, other) => timeOf(other).localeCompare(timeOf(one)))
    .slice(0, eventsMax);
};

const pictureOf = ({
  releases,
  current,
  pods,
  events,
  logs,
}: Looked): Pick<Evidence, 'pods' | 'events' | 'revisions' | 'logs'> => ({
  pods: pods.map((pod) => ({
    name: pod.metadata.name,
    image: pod.spec.containers.map((one) => one.image ?? '').join(', '),
    revision: String(
      releases.find((one) => one.pods.includes(pod))?.revision ?? pod.metadata.labels?.[podHashLabel] ?? '',
    ),
    phase: pod.status.phase ?? 'Unknown',
    ready: isReady(pod),
    restarts: restartsOf(pod),
    reason: troubleOf(pod)?.reason ?? null,
    node: pod.spec.nodeName ?? null,
    owners: [],
    lastEnd: null,
  })),
  events: events.map((event) => ({
    at: timeOf(event),
    reason: event.reason ?? '',
    about: `${event.involvedObject.kind ?? ''} ${event.involvedObject.name ?? ''}`.trim(),
    message: redactSecrets(event.message ?? '').slice(0, logLineChars),
    count: event.count ?? 1,
  })),
  revisions: releases
    .map((one) => ({
      revision: one.revision,
      images: imagesOf(one.template).map((image) => image.image),
      at: one.createdAt,
      ready: one.ready,
      current: one === current,
      differences: [],
    }))
    .sort((one, other) => other.revision - one.revision),
  logs,
});

type Points = { at: string; value: number | null }[];

const curve = async (metrics: Metrics, request: DiagnoseRequest, alerted: string): Promise<Points> => {
  if (!request.service.symptom) return [];
  const before = Math.max(Math.min(request.lookBackMs, seriesBeforeMs), 60_000);
  return metrics.queryRange(request.service.symptom.query, {
    from: new Date(Date.parse(alerted) - before).toISOString(),
    to: request.at,
    points: seriesPoints,
  });
};

/** Only what lies within the curve: a release of yesterday is no line in it. */
const marksOf = (changes: Change[], points: Points): Evidence['series'][number]['marks'] =>
  changes
    .filter((change) => Date.parse(change.at) >= Date.parse(points[0]?.at ?? change.at))
    .map((change) => ({ at: change.at, text: change.what }));
