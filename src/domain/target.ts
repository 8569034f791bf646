import type { Target } from '../schema/remediation.ts';

/** "shop/checkout", or "node-1" for what belongs to the whole cluster. */
export const placeOf = ({ namespace, name }: Pick<Target, 'namespace' | 'name'>): string =>
  namespace === '' ? name : `${namespace}/${name}`;
