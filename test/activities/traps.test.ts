/**
 * Twelve commands that the documents recommend and that do harm as they stand there. Where Muster has an action for what
 * was meant, it does that without the harm; where it has none, no runbook that comes with it offers the command, and one
 * that tries to is refused before it is ever used. Traps 1 and 9 need a database: actions-sessions.test.ts.
 */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { actions } from '../../activities/actions/index.ts';
import { InvalidInput } from '../../src/domain/errors.ts';
import type { Fault } from '../../src/packs/fault.ts';
import { parseRunbook, readRunbooks } from '../../src/packs/runbook-load.ts';
import { PostgresRequest } from '../../src/schema/remediation.ts';
import { runbookActions } from '../../src/schema/runbook-actions.ts';
import { aBench, type Bench } from '../support/kube/a-remediation.ts';
import { inNamespace, listRaw, onKind, readRaw } from '../support/kube/each-cluster.ts';
import { aPool, onNode } from '../support/kube/nodes.ts';
import { make, startSandboxPlane } from '../support/kube/planes.ts';

let plane: Awaited<ReturnType<typeof startSandboxPlane>>;
let benches = 0;
beforeAll(async () => {
  plane = await startSandboxPlane();
});
afterAll(() => plane?.stop());
const bench = (more?: Parameters<typeof aBench>[2]): Promise<Bench> => {
  benches += 1;
  return aBench(plane.cluster, `trap-${benches}`, more);
};

const shipped = readRunbooks();
const goodFile = fileURLToPath(new URL('../packs/broken-runbooks/good/slow-shop.yaml', import.meta.url));
const last = 2;

/** What "muster runbook check" says of a good runbook whose last step or whose reads were changed so. */
const faultsWith = (more: { step?: object; read?: object }): string[] => {
  const runbook = parse(readFileSync(goodFile, 'utf8')) as { spec: { steps: object[]; diagnose: object[] } };
  if (more.step) runbook.spec.steps[last] = { ...runbook.spec.steps[last], ...more.step };
  if (more.read) runbook.spec.diagnose.push(more.read);
  try {
    parseRunbook(stringify(runbook));
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return (error.faults as Fault[]).map(({ path, message }) => `${path}: ${message}`);
  }
};
const unknownAction = (action: string, params = {}): void =>
  expect(faultsWith({ step: { action, params } })).toContainEqual(
    expect.stringMatching(/^spec\.steps\[2\]\.action: .*is not a known action/),
  );
/** Everything that a runbook of ours may do or read: not the sentences that warn of it. */
const offered = (): string[] =>
  shipped.runbooks.flatMap(({ value }) => [
    ...value.spec.steps.map((step) => JSON.stringify(step)),
    ...value.spec.diagnose.map((read) => JSON.stringify(read)),
  ]);
const nothingOffers = (words: RegExp): void => expect(offered().filter((one) => words.test(one))).toEqual([]);

describe('the checks of this file', () => {
  test('would let a good runbook through, and look at all that come with Muster', () => {
    expect(faultsWith({})).toEqual([]);
    expect(shipped.faults).toEqual([]);
    expect(offered().length).toBeGreaterThan(20);
  });

  test('leave none of the twelve out', () => {
    const here = fileURLToPath(new URL('.', import.meta.url));
    const named = globSync('*.test.ts', { cwd: here }).flatMap((file) =>
      [...readFileSync(`${here}/${file}`, 'utf8').matchAll(/test\(\s*['"`]trap (\d+): /g)].map(([, number]) =>
        Number(number),
      ),
    );
    expect(new Set(named)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
  });
});

describe('of the commands that the documents recommend', () => {
  test('trap 2: more connections cannot be given to a database at once, as that figure counts only after a restart', () => {
    unknownAction('set-database-parameter', { name: 'max_connections', value: 500, apply: 'immediate' });
    expect(PostgresRequest.shape.statement.options).toEqual(['cancel', 'terminate']);
    expect(
      PostgresRequest.safeParse({ system: 'postgres', statement: 'alter system set max_connections = 500' }).success,
    ).toBe(false);
    nothingOffers(/max_connections|ApplyMethod/i);
  });

  test('trap 3: nobody looks up a trail of API calls by the time of the event, which is no attribute of it', () => {
    const faults = faultsWith({
      read: { id: 'trail', read: 'cloudtrail', attributes: [{ AttributeKey: 'EventTime', AttributeValue: 'now' }] },
    });
    expect(faults).toContainEqual(expect.stringMatching(/^spec\.diagnose\[2\]\.read: /));
    nothingOffers(/cloudtrail|EventTime/i);
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const asking = globSync('{src,activities,worker}/**/*.ts', { cwd: root }).filter((file) =>
      /AttributeKey\W+EventTime/.test(readFileSync(`${root}/${file}`, 'utf8')),
    );
    expect(asking).toEqual([]);
  });

  test('trap 4: no machine is taken out of its group with one fewer to come; a node is emptied and left to people', async () => {
    unknownAction('terminate-instance', { decrement: true });
    nothingOffers(/decrement|autoscaling.group|terminate-instance/i);
    const deleting = [...actions.values()].filter(({ permissions }) =>
      permissions.some((rights) => /\bdelete\b/.test(rights)),
    );
    expect(deleting.map(({ name }) => name)).toEqual([]);
    const made: string[] = [];
    const { given, full } = await aPool(plane.cluster, (more) => bench(more), made);
    const plan = await given.plan('drain-node', {}, onNode(full));
    expect(plan.requests.map((one) => 'method' in one && one.method)).toEqual(['PATCH', 'POST', 'POST']);
    expect(plan.tasks.join()).toContain(`Bring ${full} back into service or replace it`);
    for (const name of made) await plane.cluster.request({ method: 'DELETE', path: `/api/v1/nodes/${name}` });
  });

  test('trap 5: a label merged into the selector of a Service would select nothing, so the whole selector is replaced', async () => {
    const given = await bench();
    const services = inNamespace(given, '/api/v1', 'services');
    const selector = { app: 'checkout', version: 'canary' };
    await make(given.cluster, services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'checkout' },
      spec: { selector, ports: [{ port: 80 }] },
    });
    const on = onKind(given, 'Service', 'checkout');
    // What a merge of {app: checkout, tier: stable} would have left: pods of both releases, of which there are none.
    const merged = { ...selector, tier: 'stable' };
    await given.patch([{ op: 'add', path: '/spec/template/metadata/labels/tier', value: 'stable' }]);
    await given.rolledOut();
    const pods = inNamespace(given, '/api/v1', 'pods');
    const labels = (of: object) =>
      Object.entries(of)
        .map(([key, value]) => `${key}=${value}`)
        .join(',');
    expect(await listRaw(given.cluster, pods, labels(merged))).toEqual([]);
    expect(await given.refusal('switch-service-selector', { selector: merged }, on)).toMatch(/no pod|0 /);

    const wanted = { app: 'checkout', tier: 'stable' };
    const plan = await given.plan('switch-service-selector', { selector: wanted }, on);
    await given.apply(plan);
    expect((await readRaw(given.cluster, `${services}/checkout`))?.spec.selector).toEqual(wanted);
    expect(await listRaw(given.cluster, pods, labels(wanted))).toHaveLength(3);
  });

  test('trap 6: a database URL that is pointed at a replica needs people, and says who reads it only at a start', async () => {
    const given = await bench({
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'checkout' } },
        template: {
          metadata: { labels: { app: 'checkout' } },
          spec: {
            containers: [
              { name: 'checkout', image: 'shop/checkout:2.3.1', envFrom: [{ configMapRef: { name: 'shop' } }] },
            ],
          },
        },
      },
    });
    await make(given.cluster, inNamespace(given, '/api/v1', 'configmaps'), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'shop' },
      data: { DATABASE_HOST: 'primary.shop.example' },
    });
    const on = onKind(given, 'ConfigMap', 'shop');
    const params = { key: 'DATABASE_HOST', value: 'replica.shop.example' };
    const plan = await given.plan('set-configmap-key', params, on);
    expect(plan.blastClass).toBe('B3');
    expect(plan.risks.join(' ')).toContain(
      'Deployment checkout read it when a container starts: the new value counts only after a restart',
    );
    expect(plan.alsoLocks).toMatchObject([{ kind: 'Deployment', name: 'checkout' }]);
    await given.apply(plan);
    expect((await given.settled(plan)).finding).toContain('only after a restart');

    const step = { action: 'set-configmap-key', target: { from: 'configMap', name: 'shop' }, params };
    const databases = shipped.runbooks.find(({ value }) => value.metadata.name === 'database-issues')?.value;
    expect(databases?.spec.never.flatMap(({ actions: forbidden }) => forbidden)).toContain('set-configmap-key');
    nothingOffers(/set-configmap-key/);
    // Nothing but a "never" keeps a runbook of one's own from it; then the policy asks people, as for any B3.
    expect(faultsWith({ step })).toEqual([]);
  });

  test('trap 7: a rollback that is repeated does not swing back to the release that it left', async () => {
    const given = await bench();
    await given.release('shop/checkout:2.4.0-stuck');
    const imageNow = async () => (await given.read()).spec.template.spec.containers[0]?.image;
    const plan = await given.plan('roll-back-deployment');
    expect(plan.sentence).toContain('from revision 2 (2.4.0-stuck) to revision 1 (2.3.1)');
    given.wire.loseAnswer = true;
    for (const attempt of [1, 2, 3]) await given.apply(plan, { attempt });
    expect(given.wire.writes).toHaveLength(1);
    expect(await imageNow()).toBe('shop/checkout:2.3.1');
    await given.settled(plan);
    expect(await given.refusal('roll-back-deployment')).toMatch(/nothing safe to return to/);
    expect(await imageNow()).toBe('shop/checkout:2.3.1');
  });

  test('trap 8: more memory goes to the one container that is named, and to no other and no init container', async () => {
    const init = { name: 'migrate', image: 'shop/migrate:1', resources: { limits: { memory: '32Mi' } } };
    const proxy = { name: 'proxy', image: 'shop/proxy:1', resources: { limits: { memory: '48Mi' } } };
    const killed = { name: 'checkout', image: 'shop/checkout:2.3.1-oom', resources: { limits: { memory: '64Mi' } } };
    const given = await bench({
      spec: {
        template: {
          metadata: { labels: { app: 'checkout' } },
          spec: { initContainers: [init], containers: [killed, proxy] },
        },
      },
    });
    expect(await given.refusal('set-resources', { cap: '1Gi' })).toMatch(/container/);
    const step = {
      action: 'set-resources',
      target: { from: 'workload', kinds: ['Deployment'] },
      params: { cap: '1Gi' },
    };
    expect(faultsWith({ step })).toContainEqual(expect.stringMatching(/params\.container: set-resources refuses it/));
    const params = { container: 'checkout', cap: '1Gi' };
    await expect.poll(() => given.refusal('set-resources', params), { timeout: 20_000 }).toBe('nothing was refused');
    await given.apply(await given.plan('set-resources', params));
    const { initContainers, containers } = (await given.read()).spec.template.spec as unknown as {
      initContainers: object[];
      containers: object[];
    };
    expect(initContainers).toMatchObject([init]);
    expect(containers).toMatchObject([{ ...killed, resources: { limits: { memory: '96Mi' } } }, proxy]);
  });

  test('trap 10: files in empty directories are not thrown away as a matter of course when a node is emptied', async () => {
    const made: string[] = [];
    const volumes = [{ name: 'uploads', emptyDir: {} }];
    const { given, full } = await aPool(plane.cluster, (more) => bench(more), made, { podSpec: { volumes } });
    expect(await given.refusal('drain-node', {}, onNode(full))).toMatch(
      /keeps files in emptyDir uploads.*would be lost/,
    );
    expect(given.wire.writes).toEqual([]);
    expect((await given.plan('drain-node', { allowEmptyDir: true }, onNode(full))).risks.join()).toMatch(
      /emptyDir.*lost/,
    );
    // And no runbook may say so: that is for whoever proposes the one drain.
    const step = { action: 'drain-node', target: { from: 'badNode' }, params: { allowEmptyDir: true } };
    expect(faultsWith({ step })).toEqual([
      'spec.steps[2].params.allowEmptyDir: drain-node has no such param; correct its spelling or remove it',
    ]);
    for (const name of made) await plane.cluster.request({ method: 'DELETE', path: `/api/v1/nodes/${name}` });
  });

  test('trap 11: to deploy once more by force is no rollback, and nothing here runs a command', () => {
    unknownAction('vercel-deploy', { force: true, production: true });
    unknownAction('run-command', { command: 'vercel --prod --force' });
    expect(faultsWith({ step: { run: 'vercel --prod --force' } })).toContainEqual(
      expect.stringMatching(/^spec\.steps\[2\]\.run: unknown field/),
    );
    nothingOffers(/vercel|--force/i);
    expect(runbookActions.get('roll-back')?.kinds).toEqual(
      expect.arrayContaining(['Deployment', 'StatefulSet', 'DaemonSet']),
    );
    expect(runbookActions.get('restart-workload')?.reversible).toBe(false);
  });

  test('trap 12: no code is uploaded in place of the release before', () => {
    unknownAction('update-function-code', { zip: 'previous.zip' });
    nothingOffers(/lambda|zip/i);
    const uploading = [...actions.values()].filter(({ kinds }) => kinds.some((kind) => /function|lambda/i.test(kind)));
    expect(uploading).toEqual([]);
  });
});
