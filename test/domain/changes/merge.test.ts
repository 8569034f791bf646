import { describe, expect, test } from 'vitest';
import { mergeChanges } from '../../../src/domain/changes/merge.ts';
import type { Change } from '../../../src/domain/changes/score.ts';
import { rankSuspects } from '../../../src/domain/changes/score.ts';
import { aChange, before, deployment, onset } from './builders.ts';

const checkout = deployment('checkout');
const key = 'release/blue/shop/Deployment/checkout-5d8f/5';
/** As a diagnosis reads it now. */
const read = (more: Partial<Change> = {}): Change =>
  aChange({ target: checkout, key, at: before(3), differs: { value: true, how: 'its pods fail' }, ...more });
/** As the watcher recorded it then. */
const watched = (more: Partial<Change> = {}): Change => aChange({ target: checkout, key, at: before(3), ...more });
/** As the pipeline told it. */
const told = (more: Partial<Change> = {}): Change =>
  aChange({
    target: checkout,
    source: 'github',
    key: 'github/shop/1',
    what: 'checkout 2.4.0 deployed',
    author: 'hugo',
    link: 'https://ci.example/1',
    at: before(5),
    ...more,
  });

describe('one change', () => {
  test('is one though the cluster, the watcher and the pipeline tell of it', () => {
    const merged = mergeChanges([told(), watched(), read()]);
    expect(merged).toEqual([{ ...read(), author: 'hugo', link: 'https://ci.example/1' }]);
  });
  test('keeps its proof that the symptom differs, whoever was asked first', () => {
    const [one] = rankSuspects([watched(), told(), read()], onset);
    expect(one).toMatchObject({ what: read().what, reasons: expect.arrayContaining(['its pods fail']) });
  });
  test('is one ConfigMap edit when both looks date it to the same second', () => {
    const edit = { kind: 'config', weighsAs: 'config', target: { ...checkout, kind: 'ConfigMap' } } as const;
    expect(mergeChanges([aChange({ ...edit, key: null }), aChange({ ...edit, key: 'config/1' })])).toHaveLength(1);
  });
  test('of Muster is told as its action, also when the watcher saw what it did', () => {
    const action = told({ kind: 'action', source: 'muster', by: 'Muster', what: 'Muster rolled back checkout' });
    expect(mergeChanges([watched({ by: 'kube' }), action])).toMatchObject([
      { kind: 'action', weighsAs: 'image', by: 'Muster', what: 'Muster rolled back checkout' },
    ]);
  });
});

describe('two changes', () => {
  test('of one workload stay two when each is a revision of its own', () => {
    expect(mergeChanges([watched(), watched({ key: `${key}0`, at: before(2.99) })])).toHaveLength(2);
  });
  test('of two workloads stay two, however close', () => {
    expect(mergeChanges([watched(), told({ target: deployment('payments') })])).toHaveLength(2);
  });
  test('that weigh differently stay two: a pipeline may release and scale', () => {
    expect(mergeChanges([watched(), told({ kind: 'scale', weighsAs: 'scale' })])).toHaveLength(2);
  });
  test('that a pipeline tells a quarter of an hour apart from the cluster stay two', () => {
    expect(mergeChanges([watched(), told({ at: before(18) })])).toHaveLength(2);
  });
  test('without a target stay two: nothing says that they are one', () => {
    expect(mergeChanges([told({ target: null }), told({ target: null, key: 'github/shop/2' })])).toHaveLength(2);
  });
});
