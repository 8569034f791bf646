/** A yes is to one plan, byte for byte: whatever of it changes afterwards makes it another one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planHash } from '../../src/domain/remediation/plan-hash.ts';
import type { Plan } from '../../src/schema/remediation.ts';
import { aBench, type Bench } from '../support/kube/a-remediation.ts';
import { startSandboxPlane } from '../support/kube/planes.ts';

let plane: Awaited<ReturnType<typeof startSandboxPlane>>;
let bench: Bench;
let plan: Plan;
beforeAll(async () => {
  plane = await startSandboxPlane();
  bench = await aBench(plane.cluster, 'approval-plan');
  await bench.release('shop/checkout:2.4.0-stuck');
  plan = await bench.plan('roll-back-deployment');
});
afterAll(() => plane?.stop());

/** Measured again before anything is sent, so that a pod that becomes ready meanwhile voids nothing. */
const measuredAgain = ['guards', 'dryRun'];

/** Every place of a value, as a path. */
const placesOf = (value: unknown, path: string[] = []): string[][] => {
  if (value === null || typeof value !== 'object') return [path];
  const members = Object.entries(value);
  return members.length === 0 ? [path] : members.flatMap(([key, member]) => placesOf(member, [...path, key]));
};

const another = (value: unknown): unknown => {
  if (typeof value === 'string') return `${value}-changed`;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  return Array.isArray(value) ? ['changed'] : value === null ? 'changed' : { changed: true };
};

const changedAt = (value: unknown, [key, ...rest]: string[]): unknown => {
  if (key === undefined) return another(value);
  if (Array.isArray(value)) return value.map((member, at) => (String(at) === key ? changedAt(member, rest) : member));
  const members = value as Record<string, unknown>;
  return { ...members, [key]: changedAt(members[key], rest) };
};

describe('the author of the change that is taken back', () => {
  const withAuthor = (changeAuthor: string): string => {
    const id = bench.approve(plan);
    const view = bench.store.views.get(id);
    if (!view) throw new Error('the yes is in the store');
    bench.store.views.set(id, { ...view, changeAuthor, notAuthorOfChange: true });
    return id;
  };

  test('cannot say yes to taking it back where the policy says so', async () => {
    const result = await bench.apply(plan, { remediationId: withAuthor('ada'), attempt: 3, key: 'author' });
    expect(result).toMatchObject({ outcome: 'refused', finding: expect.stringContaining('made the change') });
    expect(bench.wire.writes).toEqual([]);
  });
});

describe('a plan of which anything was changed after the yes', () => {
  test('is refused whatever it was, with its old hash and with one made anew', async () => {
    const remediationId = bench.approve(plan);
    const fields = Object.keys(plan).filter((key) => ![...measuredAgain, 'planHash'].includes(key));
    expect(fields).toEqual(expect.arrayContaining(['target', 'requests', 'inverse', 'alsoLocks', 'within', 'tasks']));
    const places = fields.flatMap((key) => placesOf(plan[key as keyof Plan], [key]));
    expect(places.length).toBeGreaterThan(40);
    for (const place of places) {
      const where = place.join('.');
      const changed = changedAt(plan, place) as Plan;
      const asBefore = await bench.apply(changed, { remediationId, attempt: 3, key: `old/${where}` });
      expect(asBefore, where).toMatchObject({ outcome: 'refused', finding: expect.stringContaining('plan anew') });
      const anew = { ...changed, planHash: planHash(changed) };
      // The last word on it is another one where the catalogue of actions or of targets no longer knows what is meant.
      const result = await bench
        .apply(anew, { remediationId, attempt: 3, key: `new/${where}` })
        .catch(() => ({ outcome: 'refused' }));
      expect(['refused', 'gone', 'superseded'], where).toContain(result.outcome);
    }
    expect(bench.wire.writes).toEqual([]);
  });

  test('is refused when only its hash was exchanged', async () => {
    const remediationId = bench.approve(plan);
    const result = await bench.apply({ ...plan, planHash: 'of another plan' }, { remediationId, attempt: 3 });
    expect(result).toMatchObject({ outcome: 'refused', finding: expect.stringContaining('plan anew') });
    expect(bench.wire.writes).toEqual([]);
  });

  test('is applied when nothing but what is measured again has changed', async () => {
    const remediationId = bench.approve(plan);
    const changed = { ...plan, guards: [], dryRun: { accepted: true, finding: 'as before' } };
    expect(await bench.apply(changed, { remediationId })).toMatchObject({ outcome: 'applied' });
    expect(bench.wire.writes).toHaveLength(1);
  });
});
