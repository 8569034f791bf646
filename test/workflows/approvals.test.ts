import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { remediationWorkflowId } from '../../src/domain/names.ts';
import { sealOf } from '../../src/domain/remediation/approval-seal.ts';
import { policyFor } from '../../src/packs/load.ts';
import type { Decision, RemediationView } from '../../src/schema/remediation.ts';
import { approve, deny } from '../../workflows/messages.ts';
import { atRestDo } from '../support/at-rest.ts';
import { guide } from '../support/builders.ts';
import { type IncidentWorld, incidentWorld, type LiveIncident } from '../support/incident-world.ts';
import { anOrganisation } from '../support/organisation.ts';
import { approvalKey, type PlayedCluster, playedCluster } from '../support/sandbox-cluster.ts';

let cluster: PlayedCluster;
let world: IncidentWorld;
beforeEach(async () => {
  cluster = await playedCluster();
  const { services } = anOrganisation();
  world = await incidentWorld({
    organisation: { services: { ...services, checkout: cluster.service } },
    remediation: cluster.remediation,
  });
});
afterEach(async () => {
  await world.close();
  await cluster.close();
});

/** No multiple of five: the plan's time must not end with one of the incident's, which the test server cannot bear. */
const expiresAfter = 13 * 60_000;
const guideAsking = (quorum: number) => {
  const policy = policyFor(guide);
  const { remediation } = policy;
  return { ...policy, remediation: { ...remediation, approval: { ...remediation.approval, quorum, expiresAfter } } };
};

/** A bad release whose rollback waits for approval. */
const waiting = async (quorum: number): Promise<LiveIncident> => {
  await cluster.release('2.4.0-bad');
  const startsAt = new Date(await world.environment.currentTimeMs()).toISOString();
  const alert = { fingerprint: 'f', title: 'Errors', status: 'firing' as const, startsAt, source: 'alertmanager' };
  const incident = await world.declare({ service: 'checkout', alerts: [alert], policy: guideAsking(quorum) });
  await incident.untilMinute(2);
  // A busy machine reads a cluster and plans more slowly than this clock jumps.
  await expect.poll(async () => (await runs(incident))[0]?.status, { timeout: 30_000 }).toBe('awaitingApproval');
  return incident;
};

const runs = (incident: LiveIncident): Promise<RemediationView[]> => world.store.remediations.remediations(incident.id);

const runOf = async (incident: LiveIncident): Promise<RemediationView> => {
  const [run] = await runs(incident);
  if (!run) throw new Error('a rollback was proposed');
  return run;
};

const decide = async (
  incident: LiveIncident,
  person: string,
  verdict: Decision['verdict'] = 'approved',
  seal?: string,
): Promise<RemediationView> => {
  const { id: remediationId, planHash, target } = await runOf(incident);
  if (planHash === null) throw new Error('a plan waits');
  const handle = world.environment.client.workflow.getHandle(remediationWorkflowId(target));
  const sealedAt = new Date().toISOString();
  const facts = { remediationId, personId: person, verdict, planHash, sealedAt };
  return atRestDo(world.environment, handle, () =>
    handle.executeUpdate(verdict === 'approved' ? approve : deny, {
      args: [
        {
          by: { kind: 'person', id: person, name: person },
          remediationId,
          planHash,
          sealedAt,
          seal: seal ?? sealOf(approvalKey, facts),
        },
      ],
    }),
  );
};

describe('a plan', () => {
  test('that two people must allow waits for the second one, then is applied once', async () => {
    const incident = await waiting(2);
    expect((await decide(incident, 'lee')).status).toBe('awaitingApproval');
    await incident.untilMinute(3);
    expect(await incident.story('remediationApplied')).toEqual([]);
    await decide(incident, 'mo');
    await expect.poll(() => incident.story('remediationApplied'), { timeout: 30_000 }).toHaveLength(1);
    expect((await incident.timeline()).filter(({ kind }) => kind === 'remediationApproved')).toMatchObject([
      { text: expect.stringContaining('lee approved (1 of 2)') },
      { text: expect.stringContaining('mo approved (2 of 2)') },
    ]);
  });

  test('is not allowed by one person who says yes twice', async () => {
    const incident = await waiting(2);
    await decide(incident, 'lee');
    await incident.untilMinute(3);
    await expect(decide(incident, 'lee')).rejects.toThrow();
    await incident.untilMinute(30);
    await expect.poll(async () => (await runOf(incident)).status, { timeout: 30_000 }).toBe('expired');
    expect(await incident.story('remediationApplied')).toEqual([]);
  });

  test('ends with the first no, whoever said yes before', async () => {
    const incident = await waiting(2);
    await decide(incident, 'lee');
    await incident.untilMinute(3);
    await decide(incident, 'mo', 'denied');
    await expect.poll(async () => (await runOf(incident)).status, { timeout: 30_000 }).toBe('rejected');
    // An update that meets the closing of a workflow is left without an answer by the test server.
    const closing = world.environment.client.workflow.getHandle((await runOf(incident)).workflowId);
    await expect.poll(async () => (await closing.describe()).status.name, { timeout: 20_000 }).not.toBe('RUNNING');
    await expect(decide(incident, 'robin')).rejects.toThrow();
  });

  test('is not carried out on a yes that somebody sent to Temporal past the API', async () => {
    const incident = await waiting(1);
    await decide(incident, 'lee', 'approved', 'forged');
    await expect.poll(async () => (await runOf(incident)).status, { timeout: 30_000 }).toBe('refused');
    expect((await runOf(incident)).outcome).toContain('did not come through the API');
    expect(await incident.story('remediationApplied')).toEqual([]);
  });
});
