/** Facts about the workload itself: its symptom, its changes, its pods and where they stand. */
import type { Evidence } from '../../schema/evidence.ts';
import type { FactParts } from './fact-table.ts';

type Part<Group extends keyof FactParts> = NonNullable<FactParts[Group]>;

/** The service's own symptom comes first among the curves. */
export const symptomFacts = ({ series, onset }: Evidence): Part<'symptom'> => {
  const [symptom] = series;
  if (!symptom) return {};
  const { points, healthyBelow, unit } = symptom;
  const value = points.findLast((point) => point.value !== null)?.value ?? undefined;
  const baseline = medianOf(points.flatMap((point) => (point.at < onset ? (point.value ?? []) : [])));
  return {
    value,
    baseline,
    ratio: value !== undefined && baseline !== undefined && baseline > 0 ? value / baseline : undefined,
    healthyBelow: healthyBelow ?? undefined,
    unit,
    healthy: value !== undefined && healthyBelow !== null ? value < healthyBelow : undefined,
  };
};

/** That nothing changed is known only where everything could be looked at. */
export const changeFacts = (
  { suspects, onset }: Evidence,
  saw: { images: boolean; config: boolean },
): Part<'change'> => {
  const [top, rival] = suspects;
  const has = (...kinds: string[]) => suspects.some(({ kind }) => kinds.includes(kind));
  return {
    count: saw.images && saw.config ? suspects.length : undefined,
    image: has('image') || (saw.images ? false : undefined),
    config: has('config', 'secret', 'flag') || (saw.config ? false : undefined),
    ...(top && {
      what: top.what,
      kind: top.kind,
      by: top.by ?? undefined,
      score: top.score,
      runnerUp: rival?.score ?? 0,
      ageMinutes: (Date.parse(onset) - Date.parse(top.at)) / 60_000,
    }),
  };
};

const imageReasons = ['ImagePullBackOff', 'ErrImagePull', 'ErrImageNeverPull', 'InvalidImageName'];
const crashReasons = ['CrashLoopBackOff', 'Restarting', 'RunContainerError'];
const configReasons = ['CreateContainerConfigError'];

/** `all`: none is left out. Those in trouble come first, so what is wrong is known either way, and who is well is not. */
export const podFacts = ({ pods }: Evidence, all: boolean): Part<'pods'> => {
  const because = (reasons: string[]) =>
    pods.filter(({ reason }) => reason !== null && reasons.includes(reason)).length;
  const ready = pods.filter((pod) => pod.ready).length;
  const restarts = pods.map((pod) => pod.restarts);
  const bad = pods.filter(isBad);
  const starved = pods.filter(({ reason, lastEnd }) => reason === 'OOMKilled' || lastEnd?.reason === 'OOMKilled');
  const containers = new Set(starved.flatMap(({ lastEnd }) => lastEnd?.container ?? []));
  return {
    ...(all && { total: pods.length, ready, notReady: pods.length - ready }),
    restarts: restarts.reduce((sum, one) => sum + one, 0),
    restartsMost: Math.max(0, ...restarts),
    reasons: [...new Set(pods.flatMap(({ reason }) => reason ?? []))].sort(),
    oomKilled: starved.length,
    oomContainer: containers.size === 1 ? [...containers][0] : undefined,
    killed: pods.filter((pod) => pod.lastEnd?.exitCode === 137 && !starved.includes(pod)).length,
    crashing: because(crashReasons),
    imageFailing: because(imageReasons),
    configFailing: because(configReasons),
    unschedulable: because(['Unschedulable']),
    bad: bad.length,
    badNodes: bad.every(({ node }) => node !== null) ? new Set(bad.map(({ node }) => node)).size : undefined,
    suspect: bad.length === 1 && pods.length > 1 ? bad[0]?.name : undefined,
  };
};

const isBad = ({ ready, reason }: Evidence['pods'][number]): boolean => !ready || reason !== null;

export const rolloutFacts = ({ revisions, events }: Evidence, sawEvents: boolean): Part<'rollout'> => ({
  revisions: revisions.length,
  stalled: sawEvents ? events.some(({ reason }) => reason === 'ProgressDeadlineExceeded') : undefined,
});

const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** Nothing is known of nodes that nobody could see. */
export const nodeFacts = ({ nodes }: Evidence): Part<'nodes'> => {
  if (nodes.length === 0) return {};
  const troubled = nodes.filter(({ ready, troubles }) => !ready || troubles.length > 0);
  const failing = nodes.filter(({ own }) => own.bad > 0);
  // Where every node has bad pods the workload is ill, not a node.
  const onlyOne = failing.length < nodes.length ? failing : [];
  const [suspect, another] = troubled.length > 0 ? troubled : onlyOne;
  const one = suspect && !another ? suspect : null;
  return {
    total: nodes.length,
    notReady: nodes.filter(({ ready }) => !ready).length,
    underPressure: nodes.filter(({ troubles }) => troubles.some((trouble) => pressures.includes(trouble))).length,
    cordoned: nodes.filter(({ unschedulable }) => unschedulable).length,
    ...(one && {
      suspect: one.name,
      suspectTroubled: troubled.length > 0,
      suspectCordoned: one.unschedulable,
      failingWorkloads: one.others ? one.others.workloadsBad + (one.own.bad > 0 ? 1 : 0) : undefined,
    }),
  };
};

const medianOf = (figures: number[]): number | undefined =>
  figures.toSorted((one, other) => one - other)[Math.floor((figures.length - 1) / 2)];
