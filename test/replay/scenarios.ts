import type { WorkflowHandle } from '@temporalio/client';
import { followUpWorkflowId, remediationWorkflowId, shiftWorkflowId } from '../../src/domain/names.ts';
import {
  acceptShift,
  acknowledge,
  addActionItem,
  applyPolicy,
  attachAlerts,
  cancel,
  changeSeverity,
  completeActionItem,
  escalate,
  leaveNote,
  postUpdate,
  publishPostmortem,
  resolve,
  takeRole,
} from '../../workflows/messages.ts';
import { atRest, atRestDo } from '../support/at-rest.ts';
import { anAdmission, minutesMs } from '../support/builders.ts';
import { approveRollback, playFrozenScript } from '../support/frozen-script.ts';
import type { IncidentWorld } from '../support/incident-world.ts';
import { vendorTrouble } from '../support/ports.ts';
import type { PlayedCluster } from '../support/sandbox-cluster.ts';

export type Scene = (world: IncidentWorld, cluster: PlayedCluster) => Promise<WorkflowHandle[]>;

const by = { kind: 'person' as const, id: 'robin', name: 'Robin' };

/** What is played for the histories of a version; each returns the workflows whose histories are kept. */
export const scenes: Record<string, Scene> = {
  'unanswered-sev1': async (world) => {
    const incident = await world.declare();
    await incident.untilMinute(47);
    await incident.order(cancel, { reason: 'a test of the ladder' });
    return [incident.handle];
  },
  'resolved-sev2': async (world) => {
    world.ports.setMetric(0.001);
    const incident = await world.declare({ severity: 'SEV2', service: 'plain' });
    await incident.order(acknowledge, {});
    await incident.order(takeRole, { role: 'commander', person: 'robin', name: 'Robin' });
    await incident.untilMinute(8);
    await incident.order(postUpdate, { text: 'restarting it', audience: 'internal', status: 'mitigating' });
    await incident.order(postUpdate, { text: 'We are working on it.', audience: 'public' });
    await incident.untilMinute(21);
    await incident.order(resolve, { cause: 'a full disk' });
    await incident.untilMinute(40);
    return [incident.handle];
  },
  'severity-rises': async (world) => {
    const incident = await world.declare({ severity: 'SEV3' });
    await incident.order(acknowledge, {});
    await incident.untilMinute(21);
    await incident.order(changeSeverity, { severity: 'SEV1', reason: 'everybody is affected' });
    await incident.untilMinute(41);
    await incident.order(escalate, { reason: 'we need the database people' });
    await incident.order(cancel, { reason: 'a test' });
    return [incident.handle];
  },
  'regression-reopens': async (world) => {
    world.ports.setMetric(0.001);
    const incident = await world.declare({ service: 'plain' });
    await incident.order(acknowledge, {});
    await incident.order(resolve, {});
    await incident.untilMinute(4);
    world.ports.setMetric(0.5);
    await incident.untilMinute(17);
    world.ports.setMetric(0.001);
    await incident.order(resolve, {});
    await incident.untilMinute(40);
    return [incident.handle];
  },
  'bad-day-of-vendors': async (world) => {
    world.ports.fail('chat.openRoom', vendorTrouble('slack', { status: 503 }), 2);
    world.ports.fail('statusPage.publish', vendorTrouble('statuspage', { status: 503 }), 3);
    world.ports.fail('pager.page', vendorTrouble('pagerduty', { status: 400, terminal: true }), 1);
    const incident = await world.declare({ severity: 'SEV2' });
    await incident.untilMinute(17);
    await incident.order(acknowledge, {});
    await incident.order(cancel, { reason: 'a test' });
    return [incident.handle];
  },
  'another-policy': async (world) => {
    const night = new Date((await world.environment.currentTimeMs()) + minutesMs(20)).toISOString();
    const { policy } = anAdmission();
    const { SEV2 } = policy.severities;
    if (!SEV2) throw new Error('the guide has a SEV2');
    const held = { to: 'squad', via: 'chat' as const, during: 'businessHours' as const, otherwisePage: 'on-call' };
    const patient = { ...SEV2, respondWithin: minutesMs(30), notify: [...SEV2.notify, held], room: 'shared' as const };
    const incident = await world.declare({
      severity: 'SEV2',
      policy: { ...policy, severities: { ...policy.severities, SEV2: patient } },
      moments: { opensAt: night, respondBy: {} },
    });
    await incident.untilMinute(22);
    await incident.order(applyPolicy, {
      policy,
      severity: 'SEV1',
      roster: {},
      moments: { opensAt: null, respondBy: {} },
      reason: 'everybody is affected',
      summary: ['SEV2 response: 5 min instead of 30 min'],
    });
    await incident.untilMinute(33);
    await incident.order(cancel, { reason: 'a test' });
    return [incident.handle];
  },
  'held-and-joined': async (world, cluster) => {
    world.ports.setMetric(null);
    await cluster.release('2.4.0-bad');
    const alerts = async (fingerprint: string) => [
      {
        fingerprint,
        title: 'Errors',
        status: 'firing' as const,
        startsAt: new Date(await world.environment.currentTimeMs()).toISOString(),
        source: 'alertmanager',
      },
    ];
    const first = await world.declare({ service: 'checkout', alerts: await alerts('first') });
    await first.untilMinute(2);
    const second = await world.declare({ service: 'checkout', alerts: await alerts('second') });
    await second.untilMinute(2);
    await world.store.stops.stop({ scope: 'global', reason: 'the cluster is upgraded', by: 'lee' });
    await approveRollback(world, first.id);
    await first.untilMinute(6);
    await world.store.stops.lift({ scope: 'global', reason: 'the upgrade is done', by: 'lee' });
    world.ports.setMetric(0.002);
    await first.untilMinute(12);
    await first.order(cancel, { reason: 'a test' });
    await second.order(cancel, { reason: 'a test' });
    const [run] = await world.store.remediations.remediations(second.id);
    if (run?.joined.length !== 1) throw new Error(`the second incident joined no run: ${JSON.stringify(run?.joined)}`);
    return [first.handle, second.handle, world.environment.client.workflow.getHandle(run.workflowId)];
  },
  'shift-changes': async (world) => {
    const { client } = world.environment;
    const workflowId = shiftWorkflowId('shop');
    const handle = await client.workflow.start('shift', {
      taskQueue: 'muster',
      workflowId,
      args: [{ schedule: 'shop' }],
    });
    const { firstExecutionRunId } = handle;
    const latest = client.workflow.getHandle(workflowId);
    const hours = async (count: number): Promise<void> => {
      await atRest(latest);
      await world.environment.sleep(minutesMs(60 * count));
      await atRest(latest);
    };
    await hours(1.8);
    const note = {
      by: { kind: 'person' as const, id: 'lee', name: 'Lee' },
      text: 'the search is slow',
      onBehalf: false,
    };
    await atRestDo(world.environment, handle, () => handle.executeUpdate(leaveNote, { args: [note] }));
    await hours(0.7);
    await atRestDo(world.environment, latest, () =>
      latest.executeUpdate(acceptShift, { args: [{ by, onBehalf: false }] }),
    );
    await hours(3);
    // The run before the change and the one after it.
    return [client.workflow.getHandle(workflowId, firstExecutionRunId), latest];
  },
  'by-hand': async (world) => {
    const handle = await world.environment.client.workflow.start('incident', {
      taskQueue: 'muster',
      workflowId: 'started-by-hand',
      args: [{ title: 'Somebody saw something' }],
    });
    await world.environment.sleep(minutesMs(22));
    await atRestDo(world.environment, handle, () =>
      handle.executeUpdate(cancel, { args: [{ by, reason: 'it was nothing' }] }),
    );
    return [handle];
  },
  'late-alert': async (world) => {
    const incident = await world.declare({ severity: 'SEV3' });
    await incident.untilMinute(2);
    const alert = {
      fingerprint: 'f',
      title: 'Errors',
      status: 'firing' as const,
      startsAt: new Date().toISOString(),
      source: 'alertmanager',
    };
    await incident.handle.signal(attachAlerts, { batchId: 'one', alerts: [alert], severity: 'SEV2' });
    await incident.untilMinute(3);
    await incident.handle.signal(attachAlerts, {
      batchId: 'two',
      alerts: [{ ...alert, status: 'resolved' }],
      severity: null,
    });
    await incident.untilMinute(4);
    await incident.order(cancel, { reason: 'cleared by itself' });
    return [incident.handle];
  },
  'frozen-script': async (world, cluster) => {
    const incident = await playFrozenScript(world, cluster);
    const { environment } = world;
    const followUp = environment.client.workflow.getHandle(followUpWorkflowId(incident.id));
    const { workload } = cluster.service;
    if (!workload) throw new Error('checkout has a workload');
    const remediation = environment.client.workflow.getHandle(remediationWorkflowId(workload));
    const item = { by, text: 'test releases with real traffic', owner: 'robin', dueAt: new Date().toISOString() };
    await atRestDo(environment, followUp, () => followUp.executeUpdate(addActionItem, { args: [item] }));
    await environment.sleep(minutesMs(60 * 50));
    await atRestDo(environment, followUp, () =>
      followUp.executeUpdate(completeActionItem, { args: [{ by, id: '1' }] }),
    );
    await atRestDo(environment, followUp, () => followUp.executeUpdate(publishPostmortem, { args: [{ by }] }));
    await environment.sleep(minutesMs(60 * 24 * 9));
    return [incident.handle, remediation, followUp];
  },
};
