import type { Evidence, Signature, Suspect } from '../../schema/evidence.ts';
import type { Proposal, Target } from '../../schema/remediation.ts';
import { sameJson } from '../remediation/plan-hash.ts';
import { nodeAtFault } from './node-at-fault.ts';

/** Each kind keeps its history in a way of its own. */
const rollBacks: Record<string, string> = {
  Deployment: 'roll-back-deployment',
  StatefulSet: 'roll-back-statefulset',
  DaemonSet: 'roll-back-daemonset',
};

/** From this score on, and with no rival of half of it, a change may be undone on a proposal of ours. */
const scoreToAct = 0.6;

export interface Conclusion {
  /** One sentence: what is believed, and what it rests on. */
  finding: string;
  proposal: Proposal | null;
}

/**
 * What the evidence says to do where no runbook does, in the order a duty engineer asks: a node that takes its pods down
 * (keep pods away from it), a recent change (undo it), a database that is full or blocked, exhausted memory (restart), keys
 * and certificates, one pod that fares worse than its like (replace it), else what a person should look at. Never a guess: where
 * nothing safe fits, there is no proposal.
 */
export const conclude = (evidence: Evidence, target: Target): Conclusion => {
  const troubled = evidence.pods.filter((pod) => pod.reason !== null || !pod.ready);
  const seen: Seen = { evidence, target, troubled, state: inWords(evidence, troubled) };
  for (const question of questions) {
    const conclusion = question(seen);
    if (conclusion) return conclusion;
  }
  return person(`${seen.state} and no recent change explains it; read the logs`);
};

interface Seen {
  evidence: Evidence;
  target: Target;
  troubled: Evidence['pods'];
  /** How many pods are not well, and why. */
  state: string;
}
type Question = (seen: Seen) => Conclusion | null;

const isItTheNode: Question = ({ evidence, target, troubled, state }) => {
  const node = nodeAtFault(evidence);
  if (!node) return null;
  const said = `${state}, all of them on node ${node.name}: ${node.why}, while the same release is well elsewhere`;
  if (!node.unschedulable)
    return propose('cordon-node', { cluster: target.cluster, kind: 'Node', namespace: '', name: node.name }, said);
  return troubled.length === 1 && target.kind === 'Deployment'
    ? propose('evict-pod', podOf(target, troubled[0]), `${said}; no new pod is placed there already`)
    : person(`${said}; no new pod is placed there already, so drain it or see to it`);
};

const isItAChange: Question = ({ evidence, target, state }) => {
  const [top, rival] = evidence.suspects;
  if (!top || top.score < scoreToAct) return null;
  const isOwn = top.target !== null && sameJson(top.target, target);
  if (top.kind === 'image' && isOwn && (rival?.score ?? 0) < top.score / 2)
    return propose(
      rollBacks[target.kind] ?? 'roll-back-deployment',
      target,
      `${top.what} is the likely cause: ${top.reasons.join('; ')}; ${state}`,
    );
  const names = [top, rival].filter((one): one is Suspect => one !== undefined && one.score >= top.score / 2);
  return person(
    names.length > 1
      ? `two changes are about equally likely, ${names.map((one) => one.what).join(' and ')}; compare them before anything is undone; ${state}`
      : `${top.what} is the likely cause, but nothing here can undo it safely, so ask whoever made it; ${state}`,
  );
};

const isAnythingSeen: Question = ({ evidence, target }) =>
  evidence.pods.length === 0
    ? person(`no pod of ${target.name} could be seen; look at the workload itself${missing(evidence)}`)
    : null;

/** Pods that reconnect all at once make it worse, so nothing is restarted. */
const isItTheDatabase: Question = ({ evidence: { database }, state }) => {
  const [blocker] = database?.blockers ?? [];
  if (database && blocker)
    return person(
      `session ${blocker.pid} of database ${database.name} makes ${count(blocker.waiting, 'other')} wait, since ${blocker.ageSeconds} s; find out what it does, then end it; ${state}`,
    );
  return database && database.connections.used >= database.connections.max - database.connections.reserved
    ? person(
        `database ${database.name} has ${database.connections.used} of ${database.connections.max} connections in use; find who holds them, and do not restart all its clients at once; ${state}`,
      )
    : null;
};

/** What no restart and no rollback mends, by the most frequent fault in the logs. */
const isItBeyondTheCluster: Question = ({ evidence, state }) => {
  const [most] = evidence.signatures;
  const advice = most && beyondTheCluster[most.name];
  return most && advice ? person(`${count(most.count, 'line')} of log say so: ${advice}; ${state}`) : null;
};

const beyondTheCluster: Partial<Record<Signature['name'], string>> = {
  tooManyConnections:
    'its database or pool gives no more connections; find who holds them, and do not restart all clients at once',
  certificate: 'a certificate is not accepted; renew it or put the old one back',
  unauthorised: 'its keys or rights are refused; look at what was rotated',
};

const areAllPodsWell: Question = ({ evidence, target, troubled }) => {
  if (troubled.length > 0) return null;
  const { autoscalers, endpoints, health, alarms } = evidence;
  const cutOff = endpoints.find(({ ready }) => ready === 0);
  const atMaximum = autoscalers.find((one) => one.atMaximum);
  const well = `all ${evidence.pods.length} pods of ${target.name} are healthy`;
  if (cutOff)
    return person(`${well}, but Service ${cutOff.service} has no endpoint; look at its selector, ports and readiness`);
  const also = [
    ...(health && !health.healthy ? [`its health page ${health.finding}`] : []),
    ...(alarms.length > 0 ? [`alarm ${alarms.map(({ name }) => name).join(', ')} rings`] : []),
  ].map((fact) => `; ${fact}`);
  if (atMaximum)
    return person(
      `${well} and autoscaler ${atMaximum.name} is at its maximum of ${atMaximum.max}; look at load, and raise it if what ${target.name} depends on can bear more${also.join('')}`,
    );
  return person(
    `${well} and nothing was changed lately; look at load and at what ${target.name} depends on${also.join('')}`,
  );
};

const isItMemory: Question = ({ target, troubled, state }) =>
  troubled.some((pod) => pod.reason === 'OOMKilled')
    ? propose(
        'restart-workload',
        target,
        `${state} and no change explains it, so memory filled up over time: a restart buys time, the leak needs a person`,
      )
    : null;

const canThePodsStart: Question = ({ evidence, troubled, state }) => {
  const reasons = new Set(troubled.map((pod) => pod.reason));
  if (reasons.has('ImagePullBackOff') || reasons.has('ErrImagePull'))
    return person(`${state} and no release explains it; look at the registry and its credentials`);
  if (reasons.has('CreateContainerConfigError'))
    return person(`${state}: a ConfigMap or Secret the pods need is missing; restore it`);
  if (!reasons.has('Unschedulable')) return null;
  const full = evidence.quotas.find(({ share }) => share >= 1);
  return person(
    full
      ? `${state}: quota ${full.name} is used up (${full.resource}: ${full.used} of ${full.hard}); raise it or give something back`
      : `${state}: the cluster has no room for them; look at nodes and quotas`,
  );
};

/** 137 is a kill from outside; without OOMKilled it was not for memory. */
const wasItTheProbe: Question = ({ evidence, troubled, state }) =>
  troubled.some((pod) => pod.lastEnd?.exitCode === 137 && pod.lastEnd.reason !== 'OOMKilled') &&
  evidence.events.some(({ reason, message }) => reason === 'Unhealthy' && /liveness/i.test(message))
    ? person(`${state}: their liveness probe ended them, not memory; look at the probe, slow starts and CPU limits`)
    : null;

const doTheLogsSay: Question = ({ evidence, state }) => {
  const [most] = evidence.signatures;
  const said = most && inTheLogs[most.name];
  return most && said ? person(`${state}, and ${count(most.count, 'line')} of log say: ${said}`) : null;
};

const inTheLogs: Partial<Record<Signature['name'], string>> = {
  missingSetting: 'a setting or key is missing; compare configuration and Secrets with what worked',
  migration: 'the database has another schema than it wants; look at its migrations',
  diskFull: 'a disk is full; look at its volumes and its node',
};

/** One of many fails and the others of its release do not: its place is at fault, or what it holds. */
const isItOnePod: Question = ({ evidence, target, troubled, state }) => {
  const [bad] = troubled;
  if (!bad || troubled.length !== 1 || evidence.pods.length < 2) return null;
  const others = evidence.pods.filter((pod) => pod !== bad);
  const isAlone = others.length >= 2 && others.every((pod) => pod.ready && pod.revision === bad.revision);
  return isAlone && target.kind === 'Deployment' && (bad.reason === 'CrashLoopBackOff' || bad.reason === 'Restarting')
    ? propose(
        'evict-pod',
        podOf(target, bad),
        `${state} and the others of its release are well: a new one may do better`,
      )
    : person(`${state} and the others are well, so look at that pod and its node`);
};

const questions: readonly Question[] = [
  isItTheNode,
  isItAChange,
  isAnythingSeen,
  isItTheDatabase,
  isItMemory,
  isItBeyondTheCluster,
  areAllPodsWell,
  canThePodsStart,
  wasItTheProbe,
  doTheLogsSay,
  isItOnePod,
];

const podOf = ({ cluster, namespace }: Target, pod: Evidence['pods'][number] | undefined): Target => ({
  cluster,
  kind: 'Pod',
  namespace,
  name: pod?.name ?? '',
});

const propose = (action: string, target: Target, sentence: string): Conclusion => {
  const because = finished(sentence);
  return { finding: because, proposal: { action, target, params: {}, because } };
};

const person = (sentence: string): Conclusion => ({ finding: finished(sentence), proposal: null });

const finished = (sentence: string): string => `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;

const inWords = (evidence: Evidence, troubled: Evidence['pods']): string => {
  if (evidence.pods.length === 0) return 'no pod could be seen';
  if (troubled.length === 0) return `all ${evidence.pods.length} pods report ready`;
  const counts = new Map<string, number>();
  for (const pod of troubled) counts.set(pod.reason ?? 'not ready', (counts.get(pod.reason ?? 'not ready') ?? 0) + 1);
  const reasons = [...counts].map(([reason, figure]) => `${figure} ${reason}`).join(', ');
  return `${troubled.length} of ${evidence.pods.length} pods are not well (${reasons})`;
};

const missing = (evidence: Evidence): string =>
  evidence.missing.length > 0 ? ` (missing: ${evidence.missing.join(', ')})` : '';

const count = (figure: number, what: string): string => `${figure} ${what}${figure === 1 ? '' : 's'}`;
