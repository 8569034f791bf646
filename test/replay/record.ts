/**
 * Records the histories that later versions must be able to replay: `node test/replay/record.ts`. Run it for a release,
 * and with a change of command order that ships behind a patch marker. Old files stay: incidents live for weeks.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import packageFile from '../../package.json' with { type: 'json' };
import { incidentWorld } from '../support/incident-world.ts';
import { anOrganisation } from '../support/organisation.ts';
import { playedCluster } from '../support/sandbox-cluster.ts';
import { scenes } from './scenarios.ts';

const folder = fileURLToPath(new URL('./histories', import.meta.url));
mkdirSync(folder, { recursive: true });
const wanted = process.argv.slice(2);

for (const [name, play] of Object.entries(scenes)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const cluster = await playedCluster();
  const { services } = anOrganisation();
  const { checkout, ...others } = services;
  if (!checkout) throw new Error('the test organisation has a service checkout');
  const world = await incidentWorld({
    organisation: { services: { ...others, plain: checkout, checkout: cluster.service } },
    remediation: cluster.remediation,
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
