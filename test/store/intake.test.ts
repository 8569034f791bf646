import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Conflict } from '../../src/domain/errors.ts';
import { openStore } from '../../src/store/connect.ts';
import type { IntakeTransaction, Store } from '../../src/store/store.ts';
import { testDatabase } from '../support/postgres.ts';
import { aDelivery, aNewIncident, anAlert, anEntry, noon, rowsOf } from './records.ts';

let url: string;
let store: Store;
let other: Store;

beforeAll(async () => {
  ({ url } = await testDatabase());
  store = await openStore(url, { outboxLeaseMs: 400 });
  other = await openStore(url, { outboxLeaseMs: 400 });
});
afterAll(async () => {
  await store.close();
  await other.close();
});

const earlier = '2026-03-04T11:00:00.000Z';
const later = '2026-03-04T13:00:00.000Z';
const nothing = async () => {};

/** Declares for the key unless an incident is open, as intake does. */
const declareOrAttach =
  (key: string, alert = anAlert()) =>
  async (tx: IntakeTransaction) => {
    await tx.lock(key);
    const open = await tx.openIncidentFor(key);
    if (open) return tx.save({ verdict: 'attached', alert, incidentId: open.id });
    const id = await tx.allocateIncidentId(`${key}-{number}`, noon);
    await tx.declare(aNewIncident(id, { correlationKey: key }), {});
    await tx.save({ verdict: 'declared', alert, incidentId: id });
  };

describe('one delivery', () => {
  test('is stored whole: alert, incident, timeline, start and quarantine', async () => {
    const delivery = aDelivery();
    await store.intake.commit(delivery, [{ reason: 'no status', excerpt: '{"a":1}' }], async (tx) => {
      await declareOrAttach('whole')(tx);
      await tx.append('whole-001', [anEntry('intake/1')]);
    });
    expect(await store.intake.alerts('whole-001')).toMatchObject([{ title: 'CheckoutErrors' }]);
    expect(await store.incidents.timeline('whole-001')).toHaveLength(1);
    expect((await store.intake.outboxOf('whole-001')).map(({ kind }) => kind)).toEqual(['start']);
    expect(await rowsOf(url, 'select reason from quarantine where delivery = $1', [delivery.id])).toHaveLength(1);
    expect(await store.intake.receiptOf(delivery.source, null, delivery.bodyHash, earlier)).toEqual({
      receipt: delivery.id,
      incidents: ['whole-001'],
    });
  });

  test('that fails half-way leaves nothing behind', async () => {
    const delivery = aDelivery();
    const failing = store.intake.commit(delivery, [], async (tx) => {
      await declareOrAttach('half')(tx);
      throw new Error('the pack is broken');
    });
    await expect(failing).rejects.toThrow('the pack is broken');
    expect(await store.incidents.openIncidentFor('half')).toBeNull();
    expect(await store.intake.receiptOf(delivery.source, null, delivery.bodyHash, earlier)).toBeNull();
  });

  test('is known again by the id its sender gave it, however old', async () => {
    const delivery = aDelivery({ source: 'cloudwatch', deliveryId: randomUUID() });
    await store.intake.commit(delivery, [], nothing);
    const receiptOf = (source: string, id: string) => store.intake.receiptOf(source, id, 'other bytes', later);
    expect(await receiptOf('cloudwatch', delivery.deliveryId ?? '')).toMatchObject({ receipt: delivery.id });
    expect(await receiptOf('cloudwatch', randomUUID())).toBeNull();
    expect(await receiptOf('alertmanager', delivery.deliveryId ?? '')).toBeNull();
  });

  test('without such an id is known again by its bytes, but only for a while', async () => {
    const delivery = aDelivery();
    await store.intake.commit(delivery, [], nothing);
    expect(await store.intake.receiptOf(delivery.source, null, delivery.bodyHash, earlier)).not.toBeNull();
    expect(await store.intake.receiptOf(delivery.source, null, delivery.bodyHash, later)).toBeNull();
    expect(await store.intake.receiptOf(delivery.source, null, 'other bytes', earlier)).toBeNull();
  });

  test('sent twice at the same moment is taken once, and the second learns the receipt of the first', async () => {
    const deliveryId = randomUUID();
    const copies = [store, other].map((each) => {
      const delivery = aDelivery({ deliveryId });
      return { delivery, outcome: each.intake.commit(delivery, [], declareOrAttach('twice')).catch((error) => error) };
    });
    const outcomes = await Promise.all(copies.map(({ outcome }) => outcome));
    const refused = outcomes.find((outcome) => outcome instanceof Conflict);
    const taken = copies[outcomes.indexOf(undefined)]?.delivery;
    expect(refused?.details).toEqual({ receipt: taken?.id, incidents: ['twice-001'] });
    expect(await store.intake.alerts('twice-001')).toHaveLength(1);
  });
});

describe('deliveries at the same moment', () => {
  test('twenty about one problem open one incident', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? store : other).intake.commit(aDelivery(), [], declareOrAttach('storm')),
      ),
    );
    expect(await store.intake.alerts('storm-001')).toHaveLength(20);
    expect(await store.incidents.incident('storm-002')).toBeNull();
  });

  test('with several problems each do not wait for each other for ever', async () => {
    const both = async (tx: IntakeTransaction) => {
      for (const key of ['pair-a', 'pair-b', 'pair-c']) {
        await tx.lock(key);
        const id = await tx.allocateIncidentId('pair-{number}', noon);
        await tx.declare(aNewIncident(id, { correlationKey: randomUUID() }), {});
      }
    };
    await Promise.all(
      Array.from({ length: 8 }, (_, index) => (index % 2 ? store : other).intake.commit(aDelivery(), [], both)),
    );
    expect(await store.incidents.incident('pair-024')).not.toBeNull();
  });
});

describe('an alert', () => {
  const seen = async (alert: ReturnType<typeof anAlert>) => {
    let answer: Awaited<ReturnType<IntakeTransaction['seenAlert']>> = null;
    await store.intake.commit(aDelivery(), [], async (tx) => {
      answer = await tx.seenAlert(alert);
    });
    return answer;
  };

  test('is known again within its episode, a new episode is new', async () => {
    const alert = anAlert();
    await store.intake.commit(aDelivery(), [], declareOrAttach('episode', alert));
    expect(await seen({ ...alert, status: 'resolved' })).toEqual({ incidentId: 'episode-001', status: 'firing' });
    expect(await seen({ ...alert, startsAt: later })).toBeNull();
    expect(await seen({ ...alert, source: 'generic' })).toBeNull();
  });

  test('that was ignored is known again without an incident', async () => {
    const alert = anAlert({ status: 'resolved' });
    await store.intake.commit(aDelivery(), [], (tx) =>
      tx.save({ verdict: 'ignored', alert, because: 'its firing was never seen' }),
    );
    expect(await seen(alert)).toEqual({ incidentId: null, status: 'resolved' });
  });

  test('stays with its incident when a repeat of it is ignored', async () => {
    const alert = anAlert();
    await store.intake.commit(aDelivery(), [], declareOrAttach('stays', alert));
    await store.intake.commit(aDelivery(), [], (tx) =>
      tx.save({ verdict: 'ignored', alert: { ...alert, status: 'resolved' }, because: 'a repeat' }),
    );
    expect(await store.intake.alerts('stays-001')).toMatchObject([{ status: 'resolved' }]);
    const [row] = await rowsOf(url, 'select times, ignored_because from alert where fingerprint = $1', [
      alert.fingerprint,
    ]);
    expect(row).toEqual({ times: 2, ignored_because: null });
  });

  test('with a start that is no time, and characters PostgreSQL cannot hold, is not lost', async () => {
    const alert = anAlert({ startsAt: 'yesterday \0', fingerprint: 'a\0b', title: 'nul \0' });
    await store.intake.commit(aDelivery({ body: 'raw \0 body' }), [], declareOrAttach('odd', alert));
    expect(await seen(alert)).toMatchObject({ incidentId: 'odd-001' });
  });
});

describe('the outbox', () => {
  const enqueue = (incidentId: string, ...kinds: ('start' | 'attachAlerts' | 'acknowledge')[]) =>
    store.intake.commit(aDelivery(), [], async (tx) => {
      for (const kind of kinds) await tx.enqueue({ incidentId, kind, payload: { kind } });
    });
  const pendingFor = async (incidentId: string, from = store) =>
    (await from.intake.pendingOutbox(1_000)).filter((row) => row.incidentId === incidentId);

  test('never hands out an attachment before its start was taken', async () => {
    await enqueue('OUT-order', 'start', 'attachAlerts');
    const [start, ...rest] = await pendingFor('OUT-order');
    expect(start).toMatchObject({ kind: 'start', payload: { kind: 'start' }, attempts: 0 });
    expect(rest).toEqual([]);
    expect(await pendingFor('OUT-order', other)).toEqual([]);
    await store.intake.outboxDone(start?.id ?? '');
    expect(await pendingFor('OUT-order', other)).toMatchObject([{ kind: 'attachAlerts' }]);
  });

  test('gives a row to one of two processes that ask at once', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `OUT-race-${index}`);
    for (const id of ids) await enqueue(id, 'start');
    const shares = await Promise.all(
      Array.from({ length: 10 }, (_, index) => (index % 2 ? store : other).intake.pendingOutbox(10)),
    );
    const handed = shares.flat().filter(({ incidentId }) => incidentId.startsWith('OUT-race'));
    expect(new Set(handed.map(({ id }) => id)).size).toBe(handed.length);
  });

  test('gives a row again when the process that took it has not finished within its lease', async () => {
    await enqueue('OUT-lease', 'start');
    expect(await pendingFor('OUT-lease')).toHaveLength(1);
    expect(await pendingFor('OUT-lease', other)).toEqual([]);
    await expect.poll(() => pendingFor('OUT-lease', other), { timeout: 5_000 }).toHaveLength(1);
  });

  test('gives a row that failed again, says how often, and still nothing behind it', async () => {
    await enqueue('OUT-fail', 'start', 'attachAlerts');
    const [start] = await pendingFor('OUT-fail');
    await store.intake.outboxFailed(start?.id ?? '', 'Temporal is away');
    await expect
      .poll(() => pendingFor('OUT-fail', other), { timeout: 5_000 })
      .toMatchObject([{ id: start?.id, attempts: 1 }]);
  });
});

describe('drills and pages', () => {
  test('a drill belongs to the first incident that claims it', async () => {
    const drill = {
      id: randomUUID(),
      scenario: 'bad-release',
      pack: null,
      severity: 'SEV2',
      speed: 60,
      createdAt: noon,
    };
    await store.intake.addDrill({ ...drill, incidentId: null });
    await store.intake.claimDrill(drill.id, 'INC-1');
    await store.intake.claimDrill(drill.id, 'INC-2');
    expect(await store.intake.drill(drill.id)).toEqual({ ...drill, incidentId: 'INC-1' });
    expect(await store.intake.drill('unknown')).toBeNull();
  });

  test('an acknowledged phone leads back to incident and person', async () => {
    const dedupKey = 'INC-7/page/1/dana';
    await store.effects.intend({
      key: `${dedupKey}/pager`,
      incidentId: 'INC-7',
      kind: 'page',
      detail: { person: 'dana', dedupKey, address: 'key' },
    });
    expect(await store.intake.pageOf(dedupKey)).toEqual({ incidentId: 'INC-7', person: 'dana' });
    expect(await store.intake.pageOf('INC-7/page/2/dana')).toBeNull();
  });
});
