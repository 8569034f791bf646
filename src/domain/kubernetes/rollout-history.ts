/**
 * Reading a Deployment's past: which ReplicaSet is the present one, what changed between two templates, and which
 * revision a rollback may go to. Pure.
 *
 * `kubectl rollout undo` is not copied, because run twice it returns to the bad release
 * (https://github.com/kubernetes/website/issues/6921) and because a reused ReplicaSet is renumbered, so a revision
 * number is only good at the moment it is read. Here a destination is one ReplicaSet, chosen once, by its template.
 */
import type { Meta, ReplicaSet, Template, Workload } from '../../schema/kubernetes.ts';
import type { Difference } from '../../schema/remediation.ts';
import { canonicalJson, sameJson } from '../remediation/plan-hash.ts';
import { sha256 } from '../sha256.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';
const hashLabel = 'pod-template-hash';
/** What Muster's own restart leaves on a template. */
export const restartAnnotation = 'muster.dev/restart';

export const revisionOf = (replicaSet: ReplicaSet): number =>
  Number(replicaSet.metadata.annotations?.[revisionAnnotation] ?? Number.NaN);

/** The ReplicaSets of exactly this Deployment, newest revision first; another one's with the same labels are left out. */
export const ownedBy = <Owned extends { metadata: Meta }>(owner: { metadata: Meta }, candidates: Owned[]): Owned[] =>
  candidates.filter((candidate) =>
    candidate.metadata.ownerReferences?.some((one) => one.controller === true && one.uid === owner.metadata.uid),
  );

/** The template as a Deployment would carry it: without the label the controller adds for its ReplicaSet. */
export const withoutHash = (template: Template): Template =>
  withoutMember(template, 'labels', (key) => key === hashLabel);

const withoutRestarts = (template: Template): Template =>
  withoutMember(
    withoutHash(template),
    'annotations',
    (key) => key === restartAnnotation || key === 'restartedAt' || key.endsWith('/restartedAt'),
  );

/** Names the release, not the restart: templates that differ only by restart annotations have the same hash. */
export const templateHash = (template: Template): string => sha256(canonicalJson(withoutRestarts(template)));

/**
 * The ReplicaSet of the present template: the oldest that equals it, as the controller itself decides
 * (FindNewReplicaSet in deployment_util.go). Null while the controller has not made it yet.
 */
export const currentReplicaSet = (deployment: Workload, owned: ReplicaSet[]): ReplicaSet | null =>
  owned
    .filter((one) => sameJson(withoutHash(one.spec.template), withoutHash(deployment.spec.template)))
    .sort((one, other) => byAge(one.metadata, other.metadata))[0] ?? null;

const byAge = (one: Meta, other: Meta): number =>
  one.creationTimestamp.localeCompare(other.creationTimestamp) || one.name.localeCompare(other.name);

export type Destination =
  | { kind: 'found'; current: ReplicaSet; replicaSet: ReplicaSet; why: string }
  | { kind: 'none'; because: string }
  /** The controller has not caught up with the present template: ask again in a moment. */
  | { kind: 'wait'; because: string };

/**
 * Where a rollback goes. `bad` holds template hashes that were rolled back from before; `revision` is a person's own
 * choice and overrides the preferences, never the ledger of bad ones.
 */
export const chooseDestination = (facts: {
  deployment: Workload;
  owned: ReplicaSet[];
  bad: string[];
  revision: number | null;
}): Destination => {
  const current = currentReplicaSet(facts.deployment, facts.owned);
  if (!current)
    return { kind: 'wait', because: 'the cluster has not yet recorded a revision for the present template' };
  const chosen = chooseEarlier({
    current,
    others: facts.owned.filter((one) => one !== current && !Number.isNaN(revisionOf(one))),
    read: (one) => ({
      template: one.spec.template,
      revision: revisionOf(one),
      serving: (one.status.availableReplicas ?? 0) > 0,
    }),
    cameBack: current.metadata.annotations?.[revisionHistoryAnnotation] !== undefined,
    bad: facts.bad,
    revision: facts.revision,
  });
  if (chosen.kind === 'none') return chosen;
  return { kind: 'found', current, replicaSet: chosen.earlier, why: chosen.why };
};

/**
 * The rule by which every rollback chooses, whatever kind of object keeps the history. `cameBack`: the present release
 * is an earlier one that was returned to.
 */
export const chooseEarlier = <Kept>(facts: {
  current: Kept;
  others: Kept[];
  read(one: Kept): { template: Template; revision: number; serving: boolean };
  cameBack: boolean;
  bad: string[];
  revision: number | null;
}): { kind: 'found'; earlier: Kept; why: string } | { kind: 'none'; because: string } => {
  const { bad, revision } = facts;
  const present = facts.read(facts.current);
  const others = facts.others.map((one) => ({ one, ...facts.read(one) }));
  if (others.length === 0) return { kind: 'none', because: 'there is no earlier revision in the history' };

  if (revision !== null) {
    const named = others.find((other) => other.revision === revision);
    if (!named) return { kind: 'none', because: `revision ${revision} is not in the history` };
    if (bad.includes(templateHash(named.template)))
      return { kind: 'none', because: `revision ${revision} was itself rolled back from before` };
    return { kind: 'found', earlier: named.one, why: 'a person named this revision' };
  }

  if (facts.cameBack && bad.length === 0)
    return {
      kind: 'none',
      because:
        'the present revision is itself the result of a rollback that Muster did not make, so the one before it may be the bad one; name a revision',
    };
  const candidates = others
    .filter((other) => other.revision < present.revision)
    .filter((other) => templateHash(other.template) !== templateHash(present.template))
    .filter((other) => !bad.includes(templateHash(other.template)))
    .filter((other) => imageDifferences(present.template, other.template).length > 0)
    .sort((one, other) => other.revision - one.revision);
  const serving = candidates.find((candidate) => candidate.serving);
  const chosen = serving ?? candidates[0];
  if (!chosen)
    return {
      kind: 'none',
      because: 'no earlier revision runs another image and was not rolled back from before; nothing safe to return to',
    };
  return {
    kind: 'found',
    earlier: chosen.one,
    why: serving ? 'it still serves with available replicas' : 'it is the latest one before with another image',
  };
};

export interface ContainerImage {
  container: string;
  image: string;
}

export const imagesOf = (template: Template): ContainerImage[] =>
  containersOf(template).map((container) => ({ container: container.name, image: container.image }));

export const imageDifferences = (from: Template, to: Template): Difference[] =>
  namedDifferences(
    imagesOf(from).map((one): [string, string] => [`image of ${one.container}`, one.image]),
    imagesOf(to).map((one): [string, string] => [`image of ${one.container}`, one.image]),
  );

/** Names only, never values: an environment variable may hold a secret. */
export const environmentDifferences = (from: Template, to: Template): Difference[] =>
  namedDifferences(environmentOf(from), environmentOf(to)).map((one) => ({
    path: one.path,
    before: one.before === null ? null : 'set',
    after: one.after === null ? null : one.before === null ? 'set' : 'set to another value',
  }));

/** ConfigMaps a template refers to, by environment or volume. */
export const configMapsOf = (template: Template): string[] => {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (isRecord(value)) {
      for (const [key, member] of Object.entries(value)) {
        if ((key === 'configMapRef' || key === 'configMapKeyRef' || key === 'configMap') && isRecord(member)) {
          if (typeof member.name === 'string') names.add(member.name);
        } else visit(member);
      }
    }
  };
  visit(template);
  return [...names].sort();
};

const movingTags = new Set([
  'latest',
  'stable',
  'edge',
  'nightly',
  'main',
  'master',
  'develop',
  'dev',
  'prod',
  'production',
  'release',
]);

/** A tag that is pushed again and again: going "back" to it may fetch the very release one runs from. */
export const isMovingTag = (image: string): boolean => {
  if (image.includes('@')) return false;
  return movingTags.has(tagOf(image) ?? 'latest');
};

/** `registry/shop/checkout:2.3.1@sha256:...` is 2.3.1 to people; an untagged image is what it is called. */
export const tagOf = (image: string): string | null => /:([^:/]+)$/.exec(image.split('@')[0] ?? '')?.[1] ?? null;

interface Container {
  name: string;
  image: string;
  environment: [string, string][];
}

const containersOf = (template: Template): Container[] => {
  const spec = isRecord(template.spec) ? template.spec : {};
  return ['initContainers', 'containers'].flatMap((kind) => {
    const list = spec[kind];
    return (Array.isArray(list) ? list : []).filter(isRecord).map((one) => ({
      name: String(one.name),
      image: String(one.image ?? ''),
      environment: [...listOf(one.env), ...listOf(one.envFrom)].map((entry): [string, string] => [
        'name' in entry
          ? `environment ${String(entry.name)} of ${String(one.name)}`
          : `environment sources of ${String(one.name)}`,
        canonicalJson(entry),
      ]),
    }));
  });
};

const environmentOf = (template: Template): [string, string][] =>
  containersOf(template).flatMap((one) => one.environment);

const namedDifferences = (from: [string, string][], to: [string, string][]): Difference[] => {
  const [before, after] = [new Map(from), new Map(to)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => ({ path, before: before.get(path) ?? null, after: after.get(path) ?? null }));
};

const listOf = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRecord) : []);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy without some labels or annotations; a map that becomes empty by it goes too, as it was never written. */
const withoutMember = (template: Template, map: 'labels' | 'annotations', drop: (key: string) => boolean): Template => {
  const metadata = isRecord(template.metadata) ? template.metadata : {};
  const entries = isRecord(metadata[map]) ? Object.entries(metadata[map]) : [];
  if (!entries.some(([key]) => drop(key))) return template;
  const kept = entries.filter(([key]) => !drop(key));
  const { [map]: _dropped, ...rest } = metadata;
  return { ...template, metadata: kept.length > 0 ? { ...rest, [map]: Object.fromEntries(kept) } : rest };
};
