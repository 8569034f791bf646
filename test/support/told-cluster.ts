/** A cluster that answers what it was told to, for workloads larger or stranger than any that can be made. */
import type { Cluster } from '../../src/integrations/integration.ts';

export interface Told {
  /** By the end of the path: lists as arrays, objects as they are, a function to do something else. */
  [path: string]: object | (() => Promise<never>);
}

export const toldCluster = (told: Told, log: string): Cluster => ({
  request: async ({ path }) => {
    const [, answer] = Object.entries(told).find(([end]) => path.endsWith(end)) ?? [];
    if (typeof answer === 'function') return answer();
    if (Array.isArray(answer)) return { status: 200, body: { items: answer } };
    return answer ? { status: 200, body: answer } : { status: 404, body: {} };
  },
  text: async () => log,
});

let uids = 0;
export const meta = (name: string, more: object = {}) => {
  uids += 1;
  return { name, namespace: 'shop', uid: `uid-${uids}`, creationTimestamp: '2026-05-04T11:00:00Z', ...more };
};

export const ownedBy = (owner: { metadata: { name: string; uid: string } }, kind: string) => ({
  ownerReferences: [{ kind, name: owner.metadata.name, uid: owner.metadata.uid, controller: true }],
});
