import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { playFrozenScript } from '../support/frozen-script.ts';
import { costOf } from '../support/history-cost.ts';
import { type IncidentWorld, incidentWorld } from '../support/incident-world.ts';
import { anOrganisation } from '../support/organisation.ts';
import { type PlayedCluster, playedCluster } from '../support/sandbox-cluster.ts';

const must = { actions: 64, events: 220, workflowTasks: 36 };
const goal = { actions: 48, events: 160, workflowTasks: 28 };

describe('what a severe incident costs', () => {
  let cluster: PlayedCluster;
  let world: IncidentWorld;
  beforeAll(async () => {
    cluster = await playedCluster();
    const { services } = anOrganisation();
    world = await incidentWorld({
      organisation: { services: { ...services, checkout: cluster.service } },
      remediation: cluster.remediation,
    });
  });
  afterAll(async () => {
    await world.close();
    await cluster.close();
  });

  test('the frozen script stays within 64 actions, 220 events and 36 workflow tasks', async () => {
    const incident = await playFrozenScript(world, cluster);

    expect(await incident.story('updatePosted', 'updateMissed')).toHaveLength(8);
    expect(await incident.story('mitigated')).toHaveLength(1);
    expect(await incident.story('resolved')).toHaveLength(1);
    const cost = costOf(await incident.handle.fetchHistory());
    console.log(`frozen script: ${JSON.stringify(cost)}; must ${JSON.stringify(must)}, goal ${JSON.stringify(goal)}`);
    expect(cost.actions).toBeLessThanOrEqual(must.actions);
    expect(cost.events).toBeLessThanOrEqual(must.events);
    expect(cost.workflowTasks).toBeLessThanOrEqual(must.workflowTasks);
  });
});
