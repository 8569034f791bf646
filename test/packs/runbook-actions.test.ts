/** What a runbook may ask for is what the actions really do: the list of the one against the code of the other. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { actions } from '../../activities/actions/index.ts';
import { readRunbooks } from '../../src/packs/runbook-load.ts';
import { kindsWithoutNamespace } from '../../src/schema/remediation.ts';
import { runbookActions } from '../../src/schema/runbook-actions.ts';

/** Params that a runbook may give, and some that nobody may. */
const given: Record<string, { taken: unknown[]; refused: unknown[] }> = {
  'scale-workload': {
    taken: [{ factor: 1.5 }, { replicas: 3 }],
    refused: [{}, { factor: 9 }, { replicas: 3, factor: 2 }],
  },
  'set-resources': {
    taken: [
      { container: 'app', cap: '1Gi' },
      { container: 'app', cap: '512Mi', request: 'follow' },
    ],
    refused: [{ cap: '1Gi' }, { container: 'app', cap: 'much' }],
  },
  'switch-service-selector': { taken: [{ selector: { app: 'shop' } }], refused: [{}, { selector: 'app=shop' }] },
  'set-configmap-key': { taken: [{ key: 'pool', value: 5 }], refused: [{ key: 'pool' }] },
  'cancel-query': {
    taken: [{}, { of: 'longQueries', olderThan: '5m', max: 3 }],
    refused: [{ of: 'idle' }, { olderThan: 'long' }],
  },
  'terminate-session': { taken: [{ of: 'idle', olderThan: '10m', max: 5 }], refused: [{ of: 'everybody' }] },
  'http-switch': {
    taken: [{ to: 'open' }, { to: 'off', ttl: '10m' }],
    refused: [{}, { to: 'open', url: 'https://x' }],
  },
  'drain-node': { taken: [{}, { deadline: '15m' }], refused: [{ force: true }] },
};

describe('a step of a runbook', () => {
  const named = [...runbookActions.keys()].filter((name) => name !== 'roll-back');

  test('may be any action that there is, and no other', () => {
    expect(named.toSorted()).toEqual([...actions.keys()].toSorted());
  });

  test.each(named)('has %s done to the kinds of targets which that takes', (name) => {
    expect([...(runbookActions.get(name)?.kinds ?? [])].sort()).toEqual([...(actions.get(name)?.kinds ?? [])].sort());
  });

  test.each(named)('shows for %s the classes that its plans can have, and no other', (name) => {
    const code = readFileSync(new URL(`../../activities/actions/${name}.ts`, import.meta.url), 'utf8');
    const computed = new Set([...code.matchAll(/'(B\d)'/g)].map(([, blastClass]) => blastClass));
    const told = new Set(runbookActions.get(name)?.classes.map(({ blastClass }) => blastClass));
    expect(told).toEqual(computed);
  });

  test('may leave it to the kind of workload which rollback it is', () => {
    const rollBacks = named.filter((name) => name.startsWith('roll-back-'));
    expect(rollBacks.flatMap((name) => actions.get(name)?.kinds ?? []).toSorted()).toEqual(
      [...(runbookActions.get('roll-back')?.kinds ?? [])].toSorted(),
    );
  });

  test.each(named)('gives %s only params which that takes', (name) => {
    const listed = runbookActions.get(name)?.params;
    const real = actions.get(name)?.params;
    const { taken, refused } = given[name] ?? { taken: [{}], refused: [{ nonsense: 1 }] };
    for (const params of taken) {
      expect(listed?.safeParse(params).success, JSON.stringify(params)).toBe(true);
      expect(real?.safeParse(params).success, JSON.stringify(params)).toBe(true);
    }
    for (const params of refused) {
      expect(listed?.safeParse(params).success, JSON.stringify(params)).toBe(false);
      expect(real?.safeParse(params).success, JSON.stringify(params)).toBe(false);
    }
  });

  test('may have a target of every kind that lies outside of a namespace', () => {
    const kinds = new Set([...runbookActions.values()].flatMap(({ kinds }) => kinds));
    expect(kindsWithoutNamespace.filter((kind) => !kinds.has(kind))).toEqual([]);
  });

  test('of a runbook that comes with Muster gives what the action itself takes', () => {
    const asked: string[] = [];
    const { faults } = readRunbooks([], (name) => {
      asked.push(name);
      return actions.get(name)?.params ?? null;
    });
    expect(faults).toEqual([]);
    expect(new Set(asked).size).toBeGreaterThan(8);
  });

  test('is refused when the action itself would refuse it, whatever the list says', () => {
    const { faults } = readRunbooks([], (name) =>
      name === 'restart-workload' ? z.strictObject({ reason: z.string() }) : null,
    );
    expect(faults.length).toBeGreaterThan(2);
    expect(faults.every(({ message }) => message.startsWith('restart-workload refuses it'))).toBe(true);
  });
});
