/** Every fact that a condition of a runbook may speak of, with its type and meaning: written once, for checking and for people. */

export type FactType = 'number' | 'text' | 'truth' | 'texts';

export interface FactMeaning {
  type: FactType;
  means: string;
}

/** In groups of one level: `pods.notReady`. Times are in minutes, ratios from 0 to 1, sizes in the unit of the name. */
export const factTable = {
  incident: {
    rank: { type: 'number', means: 'rank of the severity, 1 is the worst' },
    service: { type: 'text', means: 'id of the service in the catalogue' },
    drill: { type: 'truth', means: 'it is practice' },
    alerts: { type: 'texts', means: 'names of the alerts that fire' },
  },
  workload: {
    kind: { type: 'text', means: 'Deployment, StatefulSet or DaemonSet' },
    namespace: { type: 'text', means: 'where it stands' },
    name: { type: 'text', means: 'what it is called' },
  },
  symptom: {
    value: { type: 'number', means: 'the last figure of the symptom of the service, in its own unit' },
    baseline: { type: 'number', means: 'its median before the onset' },
    ratio: { type: 'number', means: 'value over baseline' },
    healthyBelow: { type: 'number', means: 'from here on customers are hurt' },
    unit: { type: 'text', means: 'ratio, ms or count' },
    healthy: { type: 'truth', means: 'the last figure is below that' },
  },
  change: {
    count: { type: 'number', means: 'changes that can have to do with it' },
    what: { type: 'text', means: 'the likeliest one, in words' },
    kind: {
      type: 'text',
      means: 'its kind: image, config, secret, flag, scale, node, infrastructure or action (one of ours)',
    },
    by: { type: 'text', means: 'who made it, where that is known' },
    score: { type: 'number', means: 'how likely it is the cause, 0 to 1.5' },
    runnerUp: { type: 'number', means: 'score of the next one, 0 where there is none' },
    ageMinutes: { type: 'number', means: 'from it to the first symptom' },
    image: { type: 'truth', means: 'an image was changed within the look back' },
    config: { type: 'truth', means: 'configuration, a secret or a flag was changed within the look back' },
  },
  pods: {
    total: { type: 'number', means: 'pods of the workload' },
    ready: { type: 'number', means: 'of them ready' },
    notReady: { type: 'number', means: 'of them not ready' },
    restarts: { type: 'number', means: 'restarts of all of them together' },
    restartsMost: { type: 'number', means: 'restarts of the one that restarted most' },
    reasons: { type: 'texts', means: 'what is wrong with them: CrashLoopBackOff, OOMKilled, ImagePullBackOff ...' },
    oomKilled: { type: 'number', means: 'killed for want of memory' },
    oomContainer: { type: 'text', means: 'the container of theirs that ran out, where it is one and the same' },
    killed: { type: 'number', means: 'killed (137), and not for want of memory: a probe, or too slow to start' },
    crashing: { type: 'number', means: 'whose container keeps ending' },
    imageFailing: { type: 'number', means: 'whose image cannot be had' },
    configFailing: { type: 'number', means: 'that miss a ConfigMap, a Secret or a key of one' },
    unschedulable: { type: 'number', means: 'that no node has room for' },
    bad: { type: 'number', means: 'of them not well: not ready, or with a reason' },
    badNodes: { type: 'number', means: 'nodes on which those stand' },
    suspect: { type: 'text', means: 'the only one that is not well while others are' },
  },
  rollout: {
    revisions: { type: 'number', means: 'revisions that are still known' },
    stalled: { type: 'truth', means: 'the cluster gave up on the rollout: ProgressDeadlineExceeded' },
  },
  events: {
    reasons: { type: 'texts', means: 'reasons of the events about the workload and its pods' },
  },
  nodes: {
    total: { type: 'number', means: 'nodes that pods of the workload stand on' },
    notReady: { type: 'number', means: 'of them not ready' },
    underPressure: { type: 'number', means: 'of them short of memory, disk or process ids' },
    cordoned: { type: 'number', means: 'of them closed to new pods' },
    suspect: { type: 'text', means: 'the one that reports trouble, or on which alone pods are not well' },
    suspectTroubled: { type: 'truth', means: 'that one reports trouble of its own' },
    suspectCordoned: { type: 'truth', means: 'that one is closed to new pods already' },
    failingWorkloads: { type: 'number', means: 'workloads with pods that are not well on that one, ours among them' },
  },
  autoscaler: {
    min: { type: 'number', means: 'least replicas' },
    max: { type: 'number', means: 'most replicas' },
    current: { type: 'number', means: 'replicas now' },
    atMax: { type: 'truth', means: 'it can add no more' },
  },
  quota: {
    share: { type: 'number', means: 'of the limit of the namespace that is used most; 1 is all of it' },
    exhausted: { type: 'truth', means: 'a limit of the namespace is used up' },
  },
  budget: {
    disruptionsAllowed: { type: 'number', means: 'pods that may be taken away now' },
  },
  endpoints: {
    ready: { type: 'number', means: 'addresses that get requests' },
    notReady: { type: 'number', means: 'addresses that get none' },
  },
  database: {
    connections: { type: 'number', means: 'open sessions of the whole server' },
    connectionsMax: { type: 'number', means: 'sessions that ordinary roles may open' },
    usedRatio: { type: 'number', means: 'the one over the other' },
    active: { type: 'number', means: 'sessions with a running statement' },
    idle: { type: 'number', means: 'sessions without one' },
    idleInTransaction: { type: 'number', means: 'sessions that hold a transaction open and do nothing' },
    longestActiveMinutes: {
      type: 'number',
      means: 'age of the oldest one whose statement runs and waits for no other session',
    },
    longestIdleMinutes: { type: 'number', means: 'how long the oldest idle session has been so' },
    longestIdleInTransactionMinutes: { type: 'number', means: 'age of the oldest transaction that does nothing' },
    blocked: { type: 'number', means: 'sessions that wait for another one' },
    blockers: { type: 'number', means: 'sessions that others wait for and that wait for nobody' },
    activeBlockers: { type: 'number', means: 'those of them that run a statement, which could be cancelled' },
  },
  health: {
    ok: { type: 'truth', means: 'the health endpoint says well' },
    status: { type: 'number', means: 'its HTTP status' },
  },
  alarms: {
    names: { type: 'texts', means: 'alarms of the cloud that ring and have to do with the service' },
  },
  logs: {
    signatures: {
      type: 'texts',
      means: 'known faults in the lines: tooManyConnections, connectionRefused, timeout, certificate, unauthorised ...',
    },
  },
  data: {
    suspected: { type: 'truth', means: 'an alert or a person speaks of lost or damaged data' },
  },
  security: {
    suspected: { type: 'truth', means: 'an alert or a person speaks of a breach, an exploit or unauthorised access' },
  },
  signals: {
    errorRate: { type: 'number', means: 'ratio of failed requests' },
    latencyP95Ratio: { type: 'number', means: '95th percentile over its baseline' },
    latencyP99Ms: { type: 'number', means: '99th percentile in milliseconds' },
    performanceLoss: { type: 'number', means: 'how much slower than usual, 0.5 is 50 %' },
    availability: { type: 'number', means: 'ratio of successful probes' },
    trafficRatio: { type: 'number', means: 'requests over their baseline' },
    dbConnections: { type: 'number', means: 'ratio of the pool in use' },
    authFailureRate: { type: 'number', means: 'ratio of sign-ins and tokens that are refused' },
    queueDepth: { type: 'number', means: 'jobs that wait' },
    jobFailureRate: { type: 'number', means: 'ratio of jobs that fail' },
    dependencyErrorRate: { type: 'number', means: 'ratio of failed calls to one dependency' },
    completeOutage: { type: 'truth', means: 'nothing answers' },
    serviceDown: { type: 'truth', means: 'it answers nothing' },
    databaseDown: { type: 'truth', means: 'it answers nothing' },
    dependencyDown: { type: 'truth', means: 'a critical upstream is down' },
    gatewayDown: { type: 'truth', means: 'it answers nothing' },
  },
} as const satisfies Record<string, Record<string, FactMeaning>>;

interface ValueOf {
  number: number;
  text: string;
  truth: boolean;
  texts: string[];
}
type Table = typeof factTable;
export type FactGroup = keyof Table;

/** What is known. A field that is absent could not be learnt: nothing follows from it, least of all health. */
export type Facts = {
  [Group in FactGroup]?: {
    [Field in keyof Table[Group]]?: Table[Group][Field] extends { type: infer Type extends FactType }
      ? ValueOf[Type]
      : never;
  };
};

/** The same while it is gathered: what turns out not to be known is undefined. */
export type FactParts = {
  [Group in FactGroup]?: { [Field in keyof NonNullable<Facts[Group]>]?: NonNullable<Facts[Group]>[Field] | undefined };
};

/** `pods.notReady` to its meaning, or null where there is no such fact. */
export const factAt = (path: string): FactMeaning | null => {
  const [group = '', field = '', ...rest] = path.split('.');
  const fields: Record<string, FactMeaning> | undefined = Object.hasOwn(factTable, group)
    ? factTable[group as FactGroup]
    : undefined;
  return rest.length === 0 && fields && Object.hasOwn(fields, field) ? (fields[field] ?? null) : null;
};

/** Every path there is. */
export const factPaths: readonly string[] = Object.entries(factTable).flatMap(([group, fields]) =>
  Object.keys(fields).map((field) => `${group}.${field}`),
);
