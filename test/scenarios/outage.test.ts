/** The parts that Muster stands on die in the middle of an incident, and vendors whose answers are lost or late. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TimelineKind } from '../../src/schema/incident.ts';
import { faultsAfter, untilOver } from './aftermath.ts';
import { type Product, startProduct } from './product.ts';

const speed = 60;
const limitMs = 180_000;

let product: Product;
beforeAll(async () => {
  product = await startProduct();
}, 120_000);
beforeEach(() => product.healSandbox());
afterEach(({ task }) => {
  for (const { message } of task.result?.errors ?? []) process.stdout.write(`${message}\n${product.logs()}\n`);
});
afterAll(() => product?.stop(), 60_000);

const textsOf = async (id: string, kind: TimelineKind): Promise<string[]> =>
  (await product.client.timeline(id)).filter((entry) => entry.kind === kind).map(({ text }) => text);

const mustHaveGoneWell = async (id: string): Promise<void> => {
  const faults = await faultsAfter(product, id);
  if (faults.length > 0) throw new Error(faults.join('\n'));
};

const untilPaged = (id: string): Promise<unknown> =>
  product.until('a phone rings', async () =>
    (await product.client.state()).pages.some(({ dedupKey }) => dedupKey.startsWith(`${id}/`)),
  );

/** Played to its end in spite of what was broken before. */
const goesWell = async (): Promise<string> => {
  const { id } = await product.play('bad-release', speed);
  await untilOver(product, id, limitMs - 20_000);
  await mustHaveGoneWell(id);
  return id;
};

describe('the incident goes on by itself', () => {
  test.each(['temporal', 'postgres'] as const)(
    'when %s is killed after the page and before the approval, and comes back',
    async (name) => {
      const before = product.pids()[name];
      const { id } = await product.play('bad-release', speed);
      await untilPaged(id);
      expect(await textsOf(id, 'remediationApproved')).toEqual([]);
      await product.crash(name);
      await untilOver(product, id, limitMs - 20_000);
      expect(product.pids()[name]).not.toBe(before);
      await mustHaveGoneWell(id);
    },
    limitMs,
  );
});

describe('a lost answer', () => {
  test(
    'of the cluster that applied the rollback: it is recorded as applied and was sent once',
    async () => {
      await product.breakSandbox({
        kind: 'dropAfterApply',
        method: 'PATCH',
        path: '/kube/apis/apps/v1/namespaces/shop/deployments/checkout',
        times: 1,
      });
      const id = await goesWell();
      const { kube, kubeChanges } = await product.effects();
      expect({ kube, kubeChanges }).toEqual({ kube: 1, kubeChanges: 1 });
      const applied = (await product.client.timeline(id)).filter(({ kind }) => kind === 'remediationApplied');
      expect(applied.map(({ why }) => why)).toEqual([
        expect.stringMatching(/the answer was lost, the target shows the change|an earlier attempt had done it/),
      ]);
      expect((await product.client.remediations(id)).map(({ status }) => status)).toEqual(['recovered']);
    },
    limitMs,
  );

  test(
    'of the chat that took a message: the room reads it once',
    async () => {
      await product.breakSandbox({ kind: 'dropAfterApply', path: '/slack/api/chat.postMessage', times: 3 });
      await goesWell();
    },
    limitMs,
  );

  test(
    'of the status page: customers read each update once',
    async () => {
      await product.breakSandbox({
        kind: 'dropAfterApply',
        method: 'POST',
        path: '/statuspage/v1/pages/sandbox/incidents',
        times: 1,
      });
      await product.breakSandbox({
        kind: 'dropAfterApply',
        method: 'PATCH',
        path: '/statuspage/v1/pages/sandbox/incidents',
        times: 1,
      });
      await goesWell();
    },
    limitMs,
  );
});

describe('a status page that is away for a while', () => {
  test(
    'gets every update in its order once it is back',
    async () => {
      await product.breakSandbox({ kind: 'status', status: 503, path: '/statuspage/', times: 5 });
      await goesWell();
    },
    limitMs,
  );
});
