/**
 * Records the histories that later versions must be able to replay: `node test/replay/record.ts`. Run it for a release,
 * and with a change of command order that ships behind a patch marker. Old files stay: incidents live for weeks.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { createShiftActivities } from '../../activities/shift.ts';
import packageFile from '../../package.json' with { type: 'json' };
import type { Organisation } from '../../src/schema/organisation.ts';
import { incidentWorld } from '../support/incident-world.ts';
import { anOrganisation } from '../support/organisation.ts';
import { playedCluster } from '../support/sandbox-cluster.ts';
import { scenes } from './scenarios.ts';

const folder = fileURLToPath(new URL('./histories', import.meta.url));
mkdirSync(folder, { recursive: true });
const wanted = process.argv.slice(2);

const nobody = () => Promise.reject(new Error('no role is handed over here'));

/** Lee is on shift; in a bit more than two hours Robin takes over for a day. */
const shopSchedule = (): Organisation['schedules'][string] => {
  const start = new Date(Date.now() - (24 - 2) * 3_600_000 + 17_000).toISOString().slice(0, 19);
  return { timezone: 'UTC', layers: [{ people: ['lee', 'robin'], start, shift: 24 * 3_600_000 }] };
};

for (const [name, play] of Object.entries(scenes)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const cluster = await playedCluster();
  const { services } = anOrganisation();
  const { checkout, ...others } = services;
  if (!checkout) throw new Error('the test organisation has a service checkout');
  const { people, duties } = anOrganisation();
  const world = await incidentWorld({
    organisation: {
      services: { ...others, plain: checkout, checkout: cluster.service },
      people: Object.fromEntries(Object.entries(people).map(([id, one]) => [id, { ...one, chat: `U-${id}` }])),
      duties: { ...duties, 'shop/on-call': { schedule: 'shop' } },
      schedules: { shop: shopSchedule() },
    },
    remediation: cluster.remediation,
    // No incident of these scenes is owned by a shift.
    more: (dependencies) => createShiftActivities(dependencies, { offer: nobody, accept: nobody }),
  });
  const handles = await play(world, cluster);
  for (const [index, handle] of handles.entries()) {
    const history = await handle.fetchHistory();
    const type = history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? 'workflow';
    const file = `v${packageFile.version}-${name}${index === 0 ? '' : `-${type}`}.json`;
    writeFileSync(`${folder}/${file}`, `${historyToJSON(history)}\n`);
    console.log(`${file}: ${history.events?.length} events`);
  }
  await world.close();
  await cluster.close();
}
process.exit(0);
