import type { Store } from '../src/store/store.ts';
import type { Telling } from './index.ts';

export type RecordTelling = Extract<Telling, { kind: 'record' | 'recordRemediation' | 'recordFollowUp' }>;

/** Into the store, where API, pages and CLI read it. Views keep the highest version and entries their key: repeating is harmless. */
export const createRecorder =
  ({ store }: { store: Store }) =>
  async (telling: RecordTelling): Promise<void> => {
    switch (telling.kind) {
      case 'record':
        if (telling.policy) await store.incidents.keepPolicy(telling.view.id, telling.policy);
        return store.incidents.record(telling.view, telling.entries);
      case 'recordRemediation':
        return store.remediations.recordRemediation(telling.view, telling.entries);
      case 'recordFollowUp':
        return store.followUps.recordFollowUp(telling.view, telling.entries);
    }
  };
