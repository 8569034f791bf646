import { environmentOf } from '../src/domain/remediation/mode-scope.ts';
import { trustOutcomeOf } from '../src/domain/remediation/trust.ts';
import type { Organisation } from '../src/schema/organisation.ts';
import type { RemediationView } from '../src/schema/remediation.ts';
import type { Store } from '../src/store/store.ts';
import type { Dependencies } from './dependencies.ts';
import type { Telling } from './index.ts';

export type RecordTelling = Extract<Telling, { kind: 'record' | 'recordRemediation' | 'recordFollowUp' }>;

/** Into the store, where API, pages and CLI read it. Views keep the highest version and entries their key: repeating is harmless. */
export const createRecorder =
  ({ store, organisation }: Pick<Dependencies, 'store' | 'organisation'>) =>
  async (telling: RecordTelling): Promise<void> => {
    switch (telling.kind) {
      case 'record':
        if (telling.policy) await store.incidents.keepPolicy(telling.view.id, telling.policy);
        return store.incidents.record(telling.view, telling.entries);
      case 'recordRemediation':
        await store.remediations.recordRemediation(telling.view, telling.entries);
        return learn(store, organisation, telling.view);
      case 'recordFollowUp':
        return store.followUps.recordFollowUp(telling.view, telling.entries);
    }
  };

/** The end of a runbook's step is what its next use is trusted by. The first word stands: a revert does not unsay "worse". */
const learn = async (
  store: Store,
  { services }: Organisation,
  { id, incidentId, action, runbook, status, endedAt, drill }: RemediationView,
): Promise<void> => {
  const outcome = endedAt === null ? null : trustOutcomeOf(status);
  if (!runbook || !outcome || endedAt === null) return;
  const [incident, evidence] = await Promise.all([
    store.incidents.incident(incidentId),
    store.remediations.evidence(incidentId),
  ]);
  await store.trust.recordResult({
    remediationId: id,
    incidentId,
    runbook: runbook.name,
    version: runbook.version,
    action,
    environment: environmentOf(incident?.service ? services[incident.service] : null),
    signature: evidence?.pods.find(({ reason }) => reason !== null)?.reason ?? '',
    outcome,
    drill,
    endedAt,
  });
};
