import type { Meta } from '../../schema/kubernetes.ts';

/**
 * Whose a pod is, nearest first: its controller, the workload that made that one, and who rules the workload - an operator, a
 * Helm release or a GitOps tool. `kind` is the workload's.
 */
export const ownersOf = (pod: { metadata: Meta }, workload: { metadata: Meta }, kind: string): string[] => {
  const own = `${kind} ${workload.metadata.name}`;
  const controller = controllerOf(pod.metadata);
  return [
    ...(controller === null || controller === own ? [] : [controller]),
    own,
    ...[controllerOf(workload.metadata), releaseOf(workload.metadata), toolOf(workload.metadata)].filter(
      (owner) => owner !== null,
    ),
  ];
};

const controllerOf = ({ ownerReferences }: Meta): string | null => {
  const owner = ownerReferences?.find((one) => one.controller);
  return owner ? `${owner.kind} ${owner.name}` : null;
};

const releaseOf = ({ annotations }: Meta): string | null => {
  const name = annotations?.['meta.helm.sh/release-name'];
  return name === undefined ? null : `Helm release ${name}`;
};

const toolOf = ({ annotations = {}, labels = {} }: Meta): string | null => {
  if ('argocd.argoproj.io/tracking-id' in annotations || 'argocd.argoproj.io/instance' in labels) return 'Argo CD';
  return Object.keys(labels).some((key) => /^(kustomize|helm)\.toolkit\.fluxcd\.io\//.test(key)) ? 'Flux' : null;
};
