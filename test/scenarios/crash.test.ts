/**
 * kill -9 at every named failpoint of the way through, with the real processes: in each round one drill is played while
 * the api, the worker and the remediation worker each die at the points of the round, and go on.
 */
import { globSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { failpointsOf, tellingKinds } from '../../activities/ledger.ts';
import { faultsAfter, untilOver } from './aftermath.ts';
import { type Child, type Product, startProduct } from './product.ts';

type Round = Partial<Record<Child, string[]>>;

/** Each point once; which ones share a round matters little, except that a process gets through its points one by one. */
const rounds: Round[] = [
  {
    api: ['intake:before-commit', 'dispatch:after-start'],
    worker: ['page:before-intent', 'room-topic:before-intent', 'chat:after-effect', 'mail:before-intent'],
    'remediation-worker': ['apply:before-intent'],
  },
  {
    api: ['store:before-intake-commit', 'dispatch:before-acknowledge'],
    worker: ['page:after-effect', 'room-topic:after-effect', 'status:after-record', 'mail:after-intent'],
    'remediation-worker': ['apply:after-intent'],
  },
  {
    api: ['intake:after-commit'],
    worker: ['room:created-unmarked', 'room-invite:before-intent', 'status:before-intent', 'mail:after-record'],
    'remediation-worker': ['apply:after-effect'],
  },
  {
    api: ['intake:before-answer', 'dispatch:after-acknowledge'],
    worker: ['room:after-effect', 'room-invite:after-effect', 'chat:after-intent'],
    'remediation-worker': ['apply:after-record'],
  },
  {
    api: ['outbox:after-claim'],
    worker: ['page:after-intent', 'room:before-intent', 'status:after-effect', 'mail:after-effect'],
  },
  {
    api: ['outbox:before-done', 'dispatch:before-signal'],
    worker: ['page:after-record', 'room:after-record', 'status:before-publish', 'chat:before-intent'],
  },
  {
    api: ['dispatch:before-start'],
    worker: ['room:after-intent', 'room-topic:after-intent', 'room-invite:after-record', 'chat:after-record'],
  },
  {
    api: ['dispatch:after-signal'],
    worker: ['room-topic:after-record', 'room-invite:after-intent', 'status:after-intent'],
  },
];

/** They come a day after the incident at the earliest. */
const afterTheDay = [...failpointsOf('room-archive'), ...failpointsOf('reminder')];
const speed = 90;
const roundLimitMs = 240_000;

const died: { point: string; child: string; incident: string; outcome: string }[] = [];
let product: Product;
beforeAll(async () => {
  product = await startProduct();
}, 120_000);
afterEach(({ task }) => {
  for (const { message } of task.result?.errors ?? []) process.stdout.write(`${message}\n${product.logs()}\n`);
});
afterAll(async () => {
  for (const { point, child, incident, outcome } of died) {
    process.stdout.write(`  ${point.padEnd(28)} ${child.padEnd(20)} ${incident}  ${outcome}\n`);
  }
  await product?.stop();
}, 60_000);

describe('an incident during which processes die by kill -9', () => {
  test.each(rounds.map((round) => [Object.values(round).flat().join(', '), round] as const))(
    'goes on by itself, with nothing lost and nothing doubled, after deaths at %s',
    async (_, round) => {
      const children = Object.keys(round) as Child[];
      await product.healSandbox();
      product.dieAt(round);
      await product.crash(...children);
      const before = product.pids();

      const { id } = await product.play('bad-release', speed);
      await untilOver(product, id, roundLimitMs - 30_000);

      const faults = await faultsAfter(product, id);
      for (const child of children) {
        for (const point of round[child] ?? []) {
          const outcome = !product.diedAt(point) ? 'was never reached' : faults.length === 0 ? 'ok' : 'FAILED';
          died.push({ point, child, incident: id, outcome });
        }
      }
      if (faults.length > 0) throw new Error(faults.join('\n'));
      expect(died.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
      const now = product.pids();
      for (const child of children) expect(now[child]).not.toBe(before[child]);
    },
    roundLimitMs,
  );
});

describe('the list of failpoints', () => {
  const listed = rounds.flatMap((round) => Object.values(round).flat());

  test('names at least twenty, each once', () => {
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed.length).toBeGreaterThanOrEqual(20);
  });

  test('leaves none out that the way through passes', () => {
    const root = new URL('../..', import.meta.url).pathname;
    const inSource = globSync('{src,activities,worker}/**/*.ts', { cwd: root })
      .flatMap((file) => [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/failpoint\('([^']+)'\)/g)])
      .flatMap(([, name]) => name ?? []);
    const all = [...inSource, ...tellingKinds.flatMap(failpointsOf)];
    expect([...listed].sort()).toEqual(all.filter((name) => !afterTheDay.includes(name)).sort());
  });
});
