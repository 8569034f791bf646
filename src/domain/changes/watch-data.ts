/** ConfigMaps and Secrets between two looks at a namespace: that they came, changed or went, and never what is in them. Pure. */
import type { WeighedKind } from '../../schema/change.ts';
import { secretsOf } from '../diagnosis/config-readers.ts';
import { configMapsOf } from '../kubernetes/rollout-history.ts';
import { targetKey } from '../remediation/target.ts';
import { shortDigest } from './digest.ts';
import { changeOf, type InPlace, named, type Part, type SeenData, type SeenWorkload } from './seen.ts';
import { latestWrite } from './workload-changes.ts';

export const dataPart = (
  kind: 'ConfigMap' | 'Secret',
  known: Record<string, string> | undefined,
  seen: SeenData[],
  { at, inPlace, workloads }: { at: string; inPlace: InPlace; workloads: SeenWorkload[] },
): Part => {
  const state = Object.fromEntries(seen.map(({ metadata, digest }) => [metadata.name, digest]));
  const kept = kind === 'Secret' ? { secrets: state } : { configMaps: state };
  if (!known) return { state: kept, changes: [] };
  const weighed: WeighedKind = kind === 'Secret' ? 'secret' : 'config';
  const readersOf = (name: string): string[] =>
    workloads
      .filter(({ workload }) => (kind === 'Secret' ? secretsOf : configMapsOf)(workload.spec.template).includes(name))
      .map((one) => targetKey(inPlace(one.kind, one.workload.metadata.name)));
  const changes = seen.flatMap(({ metadata, digest }) => {
    const before = named(known, metadata.name);
    if (before === digest) return [];
    const write = latestWrite(metadata, () => true);
    const when = before === undefined ? metadata.creationTimestamp : (write?.at ?? at);
    return [
      changeOf(weighed, `${kind} ${metadata.name} was ${before === undefined ? 'created' : 'changed'}`, {
        target: inPlace(kind, metadata.name),
        at: when,
        by: write?.by ?? null,
        before: before === undefined ? null : shortDigest(before),
        after: shortDigest(digest),
        concerns: readersOf(metadata.name),
        stamp: `${shortDigest(digest)}/${when}`,
      }),
    ];
  });
  const gone = Object.entries(known).filter(([name]) => !Object.hasOwn(state, name));
  return {
    state: kept,
    changes: [
      ...changes,
      ...gone.map(([name, digest]) =>
        changeOf(weighed, `${kind} ${name} was deleted`, {
          target: inPlace(kind, name),
          at,
          before: shortDigest(digest),
          concerns: readersOf(name),
          stamp: `gone/${shortDigest(digest)}/${at}`,
        }),
      ),
    ],
  };
};
