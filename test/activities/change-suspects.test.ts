/** From a change in a cluster to a suspect of a diagnosis: through watcher, ledger and pipeline, and still one. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { lookForChanges } from '../../activities/change-watch.ts';
import { ledgerChanges } from '../../activities/evidence/ledger.ts';
import { rankSuspects } from '../../src/domain/changes/score.ts';
import type { NewChange } from '../../src/schema/change.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import { openStore } from '../../src/store/connect.ts';
import type { Store } from '../../src/store/store.ts';
import { aRow, deployment } from '../domain/changes/builders.ts';
import type { Bench } from '../support/kube/a-remediation.ts';
import { onEachCluster } from '../support/kube/each-cluster.ts';
import { testDatabase } from '../support/postgres.ts';

let url: string;
beforeAll(async () => {
  ({ url } = await testDatabase());
});

const told = (more: Partial<NewChange>): NewChange => {
  const { id: _, recordedAt: __, ...row } = aRow({ at: new Date().toISOString(), ...more });
  return row;
};

onEachCluster(({ bench }) => {
  let store: Store;
  beforeEach(async () => {
    store = await openStore((await testDatabase()).url, { migrate: false });
  });
  afterEach(() => store?.close());

  let given: Bench;
  const look = () =>
    lookForChanges({
      store: store.changes,
      cluster: given.cluster,
      organisation: { services: {}, people: {} },
      place: { cluster: given.target.cluster, namespace: given.target.namespace, drill: false },
      at: new Date().toISOString(),
    });

  test('a release is one suspect, though cluster, watcher and pipeline tell of it, with its author and its page', async () => {
    given = await bench();
    Object.assign(given.store, { changes: store.changes });
    await look();
    await given.release('shop/checkout:2.4.0');
    await given.rolledOut();
    expect((await look())?.recorded).toHaveLength(1);
    await store.changes.record([
      told({
        what: 'deployment of shop at v2.4.0 to production',
        service: 'checkout',
        source: 'github',
        author: 'hugo',
        by: 'hugo-b',
        environment: 'production',
        reference: { commit: 'abc', url: 'https://ci.example/1' },
        dedupKey: 'github/1',
      }),
    ]);
    const { suspects } = await given.diagnose();
    expect(suspects).toMatchObject([{ what: 'revision 2 of checkout (2.3.1 to 2.4.0)', author: 'hugo' }]);
    const { suspects: kept, missing } = given.store.saved.get('INC-2026-014') ?? {};
    expect(kept).toMatchObject([{ source: 'cluster', link: 'https://ci.example/1', target: given.target }]);
    expect(missing?.join() ?? '').not.toContain('the ledger');
  });

  test('what only the ledger knows is a suspect beside it, and what a drill did is none', async () => {
    given = await bench();
    Object.assign(given.store, { changes: store.changes });
    await store.changes.record([
      told({
        kind: 'flag',
        weighsAs: 'flag',
        what: 'new-search was switched on',
        service: 'checkout',
        dedupKey: 'flag/1',
      }),
      told({ what: 'a release of a drill', service: 'checkout', drill: true, dedupKey: 'drill/1' }),
    ]);
    const { suspects, proposal, finding } = await given.diagnose();
    expect(suspects.map(({ what }) => what)).toContain('new-search was switched on');
    expect(suspects.map(({ what }) => what)).not.toContain('a release of a drill');
    expect(proposal).toBeNull();
    expect(finding).toContain('ask whoever made it');
  });
});

describe('the ledger of a service', () => {
  let store: Store;
  beforeEach(async () => {
    store = await openStore(url, { migrate: false });
    return () => store.close();
  });
  const onset = '2026-05-04T12:00:00.000Z';
  const before = (minutes: number): string => new Date(Date.parse(onset) - minutes * 60_000).toISOString();
  const services = {
    checkout: { dependsOn: ['payments'], environment: 'production' },
    payments: { dependsOn: [], environment: 'production', workload: deployment('payments') },
    search: { dependsOn: [], environment: 'staging', workload: deployment('search', 'search') },
  } as unknown as Organisation['services'];

  test('gives scopes and scores in order, within the window alone', async () => {
    const node = { cluster: 'blue', kind: 'Node', namespace: '', name: 'node-1' };
    await store.changes.record([
      told({ at: before(1), what: 'own release', target: deployment('checkout'), dedupKey: '1' }),
      told({ at: before(1), what: 'release of payments', target: deployment('payments'), dedupKey: '2' }),
      told({ at: before(1), what: 'release of a neighbour', target: deployment('cart'), dedupKey: '3' }),
      told({ at: before(1), what: 'cordon', kind: 'node', weighsAs: 'node', target: node, dedupKey: '4' }),
      told({ at: before(1), what: 'new network', kind: 'infrastructure', weighsAs: 'infrastructure', dedupKey: '5' }),
      told({ at: before(1), what: 'release of search', target: deployment('search', 'search'), dedupKey: '6' }),
      told({ at: before(61), what: 'long ago', target: deployment('checkout'), dedupKey: '7' }),
      told({ at: before(-3), what: 'too late', target: deployment('checkout'), dedupKey: '8' }),
      told({ at: before(1), what: 'to staging', service: 'checkout', environment: 'staging', dedupKey: '9' }),
    ]);
    const changes = await ledgerChanges(
      store.changes,
      { services },
      {
        service: 'checkout',
        target: deployment('checkout'),
        nodes: ['node-1'],
        drill: false,
        onset,
        lookBackMs: 3_600_000,
      },
    );
    const suspects = rankSuspects(changes, onset, 3_600_000);
    expect(suspects.map(({ what, score }) => [what, score])).toEqual([
      ['own release', 0.967],
      ['release of payments', 0.677],
      ['release of a neighbour', 0.484],
      ['new network', 0.271],
      ['cordon', 0.242],
    ]);
  });
});
