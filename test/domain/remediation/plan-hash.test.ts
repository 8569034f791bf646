import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, planHash, sameJson } from '../../../src/domain/remediation/plan-hash.ts';
import type { Plan, Request } from '../../../src/schema/remediation.ts';

const aRequest = (body: unknown = [{ op: 'test', path: '/a' }]): Request => ({
  system: 'kubernetes',
  method: 'PATCH',
  path: '/x',
  contentType: 'application/json-patch+json',
  body,
  uid: 'u-1',
});

const aPlan = (more: Partial<Plan> = {}): Omit<Plan, 'planHash'> => ({
  action: 'roll-back-deployment',
  actionVersion: 1,
  target: { cluster: 'prod', kind: 'Deployment', namespace: 'shop', name: 'checkout', uid: 'u-1' },
  sentence: 'Roll back checkout',
  blastClass: 'B2',
  before: { template: { a: 1, b: [1, 2] } },
  desired: { template: { a: 2 } },
  requests: [aRequest()],
  alsoLocks: [],
  within: 600_000,
  alarmAfter: null,
  tasks: [],
  inverse: null,
  differences: [],
  guards: [{ name: 'availability', passed: true, finding: '3 of 3 available' }],
  dryRun: { accepted: true, finding: 'accepted' },
  undo: 'the other way round',
  risks: [],
  operationId: 'op-1',
  ...more,
});

describe('the hash an approval is bound to', () => {
  test('does not depend on the order in which a server or a database returns keys', () => {
    expect(planHash(aPlan({ before: { template: { b: [1, 2], a: 1 } } }))).toBe(planHash(aPlan()));
  });

  test('survives the way through a JSON store', () => {
    const shuffled = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(shuffled)
        : value && typeof value === 'object'
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([key, member]) => [key, shuffled(member)]),
            )
          : value;
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(shuffled(JSON.parse(JSON.stringify(value))))).toBe(
          canonicalJson(JSON.parse(JSON.stringify(value))),
        );
      }),
    );
  });

  const changes: [string, Partial<Plan>][] = [
    ['another target', { target: { ...aPlan().target, uid: 'u-2' } }],
    ['another request', { requests: [aRequest([])] }],
    ['one request more', { requests: [aRequest(), aRequest()] }],
    ['another time limit', { within: 1 }],
    ['another lock', { alsoLocks: [{ ...aPlan().target, name: 'other' }] }],
    ['another destination', { desired: { template: { a: 3 } } }],
    ['another class', { blastClass: 'B3' }],
    ['another run', { operationId: 'op-2' }],
    ['another promise of how to undo it', { undo: 'not at all' }],
    ['another order of the list of operations', { before: { template: { a: 1, b: [2, 1] } } }],
  ];
  for (const [what, more] of changes) {
    test(`changes with ${what}`, () => {
      expect(planHash(aPlan(more))).not.toBe(planHash(aPlan()));
    });
  }

  test('stays when only the measurements of the moment read differently', () => {
    const guards = [{ name: 'availability', passed: true, finding: '2 of 3 available' }];
    expect(planHash(aPlan({ guards, dryRun: { accepted: true, finding: 'fine' } }))).toBe(planHash(aPlan()));
  });

  test('is the same for a plan that carries its own hash', () => {
    expect(planHash({ ...aPlan(), planHash: 'abc' } as Plan)).toBe(planHash(aPlan()));
  });

  test('takes a member that is not there and one that is undefined for the same', () => {
    expect(sameJson({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(sameJson({ a: null }, {})).toBe(false);
  });
});
