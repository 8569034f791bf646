import type { Evidence, Suspect } from '../schema/evidence.ts';
import type { Proposal, Target } from '../schema/remediation.ts';
import { sameJson } from './plan-hash.ts';

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
 * What the evidence says to do, in the order a duty engineer asks: a recent change first (undo it), then exhausted
 * memory (restart), else what a person should look at. Never a guess: where nothing safe fits, there is no proposal.
 */
export const conclude = (evidence: Evidence, target: Target): Conclusion => {
  const [top, rival] = evidence.suspects;
  const troubled = evidence.pods.filter((pod) => pod.reason !== null || !pod.ready);
  const state = inWords(evidence, troubled);

  const isOwn = top?.target != null && sameJson(top.target, target);
  if (top && top.kind === 'image' && isOwn && top.score >= scoreToAct && (rival?.score ?? 0) < top.score / 2) {
    return propose(
      rollBacks[target.kind] ?? 'roll-back-deployment',
      target,
      `${top.what} is the likely cause: ${top.reasons.join('; ')}; ${state}`,
    );
  }
  if (top && top.score >= scoreToAct) {
    const names = [top, rival].filter((one): one is Suspect => one !== undefined && one.score >= top.score / 2);
    return person(
      names.length > 1
        ? `two changes are about equally likely, ${names.map((one) => one.what).join(' and ')}; compare them before anything is undone; ${state}`
        : `${top.what} is the likely cause, but nothing here can undo it safely, so ask whoever made it; ${state}`,
    );
  }
  const reasons = new Set(troubled.map((pod) => pod.reason));
  if (evidence.pods.length === 0)
    return person(`no pod of ${target.name} could be seen; look at the workload itself${missing(evidence)}`);
  if (troubled.length === 0)
    return person(
      `all ${evidence.pods.length} pods of ${target.name} are healthy and nothing was changed lately; look at load and at what ${target.name} depends on`,
    );
  if (reasons.has('OOMKilled'))
    return propose(
      'restart-workload',
      target,
      `${state} and no change explains it, so memory filled up over time: a restart buys time, the leak needs a person`,
    );
  if (reasons.has('ImagePullBackOff') || reasons.has('ErrImagePull'))
    return person(`${state} and no release explains it; look at the registry and its credentials`);
  if (reasons.has('CreateContainerConfigError'))
    return person(`${state}: a ConfigMap or Secret the pods need is missing; restore it`);
  if (reasons.has('Unschedulable'))
    return person(`${state}: the cluster has no room for them; look at nodes and quotas`);
  if (troubled.length === 1 && evidence.pods.length > 1)
    return person(`${state} and the others are well, so look at that pod and its node`);
  return person(`${state} and no recent change explains it; read the logs`);
};

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
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ');
  return `${troubled.length} of ${evidence.pods.length} pods are not well (${reasons})`;
};

const missing = (evidence: Evidence): string =>
  evidence.missing.length > 0 ? ` (missing: ${evidence.missing.join(', ')})` : '';
