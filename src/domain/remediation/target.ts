import type { Target } from '../../schema/remediation.ts';

/** One text for one target, under which the store keeps what it knows of it. */
export const targetKey = ({ cluster, kind, namespace, name }: Target): string =>
  [cluster, kind, namespace, name].join('/');

/** "shop/checkout", or "node-1" for what belongs to the whole cluster. */
export const placeOf = ({ namespace, name }: Pick<Target, 'namespace' | 'name'>): string =>
  namespace === '' ? name : `${namespace}/${name}`;

/** Namespaces whose workloads keep the cluster itself alive: never changed, whatever a configuration says. */
const untouchable = /^(kube-.*|openshift-.*|gatekeeper-system|cert-manager)$/;

export const isUntouchable = (namespace: string): boolean => untouchable.test(namespace);
