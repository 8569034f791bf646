/** Which thing a step is done to, found from the catalogue and the evidence. Pure. */
import type { Organisation } from '../../schema/organisation.ts';
import type { Target } from '../../schema/remediation.ts';
import type { TargetSource } from '../../schema/runbook.ts';
import type { Facts } from '../diagnosis/fact-table.ts';

/** What the catalogue says of the service; null and absent where it says nothing. */
export interface RunbookTargets {
  workload: Target | null;
  database: Target | null;
  application: Target | null;
  switches: readonly {
    name: string;
    kind: string;
    /** It is the service's own. */
    own: boolean;
    target: Target;
  }[];
}

/** What the catalogue says of a service, for a workload of it. */
export const targetsInCatalogue = (
  { services, databases, switches }: Pick<Organisation, 'services' | 'databases' | 'switches'>,
  { service, workload }: { service: string | null; workload: Target | null },
): RunbookTargets => {
  const listed = service !== null && Object.hasOwn(services, service) ? services[service] : undefined;
  const { database: name, application } = listed ?? {};
  const database = name === undefined ? undefined : databases[name];
  return {
    workload,
    database:
      name === undefined || !database
        ? null
        : { cluster: name, kind: 'Database', namespace: '', name: database.database },
    application: application
      ? { cluster: application.endpoint, kind: 'Application', namespace: '', name: application.name }
      : null,
    switches: Object.entries(switches).map(([id, { kind, endpoint, service: of }]) => ({
      name: id,
      kind,
      own: of !== undefined && of === service,
      target: { cluster: endpoint, kind: 'Switch', namespace: '', name: id },
    })),
  };
};

/** The target, or why there is none, in words. */
export const targetOf = (source: TargetSource, targets: RunbookTargets, facts: Facts): Target | string => {
  const { workload } = targets;
  switch (source.from) {
    case 'database':
      return targets.database ?? 'the catalogue names no database of this service';
    case 'application':
      return targets.application ?? 'the catalogue names no Argo CD application of this service';
    case 'switch': {
      const found = targets.switches.find(({ name, kind, own }) =>
        source.name === undefined ? own && kind === source.kind : name === source.name,
      );
      return (
        found?.target ?? `the catalogue names no switch ${source.name ?? `of kind ${source.kind} for this service`}`
      );
    }
  }
  if (!workload) return 'the catalogue names no workload of this service';
  const beside = (kind: string, name: string): Target => ({ ...workload, kind, name });
  switch (source.from) {
    case 'workload':
      return source.kinds.some((kind) => kind === workload.kind)
        ? workload
        : `it is for a ${source.kinds.join(' or ')}, and ${workload.name} is a ${workload.kind}`;
    case 'badPod': {
      const pod = facts.pods?.suspect;
      return pod === undefined ? 'there is no one pod that is not well while the others are' : beside('Pod', pod);
    }
    case 'badNode': {
      const node = facts.nodes?.suspect;
      return node === undefined
        ? 'there is no one node that is not well while the others are'
        : { ...beside('Node', node), namespace: '' };
    }
    case 'configMap':
      return beside('ConfigMap', source.name);
    case 'kubernetesService':
      return beside('Service', source.name);
  }
};

/** The kind of target that a source gives; several for a workload. */
export const kindsOf = (source: TargetSource): readonly string[] => {
  if (source.from === 'workload') return source.kinds;
  return [singleKinds[source.from]];
};

const singleKinds: Record<Exclude<TargetSource['from'], 'workload'>, string> = {
  badPod: 'Pod',
  badNode: 'Node',
  database: 'Database',
  switch: 'Switch',
  application: 'Application',
  configMap: 'ConfigMap',
  kubernetesService: 'Service',
};
