import { remediationWorkflowId } from '../../src/domain/names.ts';
import { sealOf } from '../../src/domain/remediation/approval-seal.ts';
import { policyFor } from '../../src/packs/load.ts';
import type { RemediationView } from '../../src/schema/remediation.ts';
import { acknowledge, approve, attachAlerts, escalate, postUpdate, resolve } from '../../workflows/messages.ts';
import { atRestDo } from './at-rest.ts';
import { guide } from './builders.ts';
import type { IncidentWorld, LiveIncident } from './incident-world.ts';
import { approvalKey, type PlayedCluster } from './sandbox-cluster.ts';

const alerts = (batch: number, startsAt: string) =>
  Array.from({ length: 6 }, (_, index) => ({
    fingerprint: `alert-${batch}-${index}`,
    title: `Errors on replica ${index}`,
    status: 'firing' as const,
    startsAt,
    source: 'alertmanager',
  }));

/**
 * The script whose cost is promised: SEV1 of the guide, 30 alerts in five batches within two minutes, two escalations
 * (one by the ladder, one by a person), acknowledged at minute 12, eight internal updates of which four by a person,
 * one approved rollback, resolve, hold, resolved. Changing it changes the promise.
 */
export const playFrozenScript = async (world: IncidentWorld, cluster: PlayedCluster): Promise<LiveIncident> => {
  // No curve yet: the release and the alert's own time say when it began.
  world.ports.setMetric(null);
  await cluster.release('2.4.0-bad');
  // A person says resolved in this script, so the verified rollback must not begin the hold by itself.
  const policy = { ...policyFor(guide), resolution: { ...policyFor(guide).resolution, onRecovered: 'ask' as const } };
  const startsAt = new Date(await world.environment.currentTimeMs()).toISOString();
  const incident = await world.declare({ service: 'checkout', alerts: alerts(1, startsAt), policy });
  for (const batch of [2, 3, 4, 5]) {
    await incident.untilMinute((batch - 1) * 0.5);
    await incident.handle.signal(attachAlerts, {
      batchId: `batch-${batch}`,
      alerts: alerts(batch, startsAt),
      severity: null,
    });
  }
  await incident.untilMinute(8);
  await incident.order(escalate, { reason: 'this needs more hands' });
  await incident.untilMinute(9);
  await incident.order(postUpdate, { text: 'the release of today is the suspect', audience: 'internal' });
  await incident.untilMinute(12);
  await incident.order(acknowledge, {});
  await approveRollback(world, incident.id);
  world.ports.setMetric(0.002);
  await incident.untilMinute(18);
  await incident.order(postUpdate, { text: 'rolled back, errors fall', audience: 'internal' });
  await incident.untilMinute(57);
  await incident.order(postUpdate, { text: 'the queue drains', audience: 'internal' });
  await incident.untilMinute(81);
  await incident.order(postUpdate, { text: 'the queue is empty', audience: 'internal' });
  await incident.untilMinute(100);
  await incident.order(resolve, { note: 'rolled back', cause: 'a bad release' });
  await incident.untilMinute(118);
  return incident;
};

/** A busy machine reads a cluster and plans more slowly than the clock of a test jumps. */
const planOf = async (world: IncidentWorld, incidentId: string): Promise<RemediationView & { planHash: string }> => {
  for (const giveUpAt = Date.now() + 30_000; ; ) {
    const [run] = await world.store.remediations.remediations(incidentId);
    const planHash = run?.planHash ?? null;
    if (run && planHash !== null) return { ...run, planHash };
    if (Date.now() > giveUpAt) throw new Error(`no plan waits for approval: ${JSON.stringify(run?.outcome ?? run)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

export const approveRollback = async (world: IncidentWorld, incidentId: string): Promise<void> => {
  const run = await planOf(world, incidentId);
  const handle = world.environment.client.workflow.getHandle(remediationWorkflowId(run.target));
  const { id: remediationId, planHash } = run;
  const sealedAt = new Date().toISOString();
  const seal = sealOf(approvalKey, { remediationId, personId: 'lee', verdict: 'approved', planHash, sealedAt });
  const by = { kind: 'person' as const, id: 'lee', name: 'Lee' };
  const decision = { by, remediationId, planHash, seal, sealedAt };
  await atRestDo(world.environment, handle, () => handle.executeUpdate(approve, { args: [decision] }));
};
