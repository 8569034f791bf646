import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { policyDiff } from '../../../src/domain/incident/policy-diff.ts';
import { promisesOf } from '../../../src/domain/incident/policy-in-words.ts';
import { loadPacks, policyFor } from '../../../src/packs/load.ts';
import type { Policy, SeverityPolicy } from '../../../src/schema/policy.ts';
import { guide, minutesMs } from '../../support/builders.ts';

const ours = policyFor(guide);
const policies = [...loadPacks().values()].map(policyFor);

/** The guide's policy after `change` worked on one of its severities. */
const withSeverity = (name: string, change: (severity: SeverityPolicy) => void): Policy => {
  const policy = structuredClone(ours);
  const severity = policy.severities[name];
  if (!severity) throw new Error(`the guide has no ${name}`);
  change(severity);
  return policy;
};
const wordsOf = (after: Policy, before: Policy = ours): string[] => policyDiff(before, after).map(({ text }) => text);

describe('two policies compared', () => {
  test('say which duty is paged earlier, and nothing of the steps that stay', () => {
    const after = withSeverity('SEV1', ({ ladder }) => {
      const step = ladder.find(({ page }) => page === 'engineering-manager');
      if (step) step.after = minutesMs(10);
    });
    expect(policyDiff(ours, after)).toEqual([
      {
        severity: 'SEV1',
        field: 'ladder',
        before: '15 min',
        after: '10 min',
        text: 'SEV1 ladder: engineering-manager is paged after 10 min instead of 15 min',
      },
    ]);
  });

  test('say how the promise of updates and the hold change', () => {
    expect(
      wordsOf(
        withSeverity('SEV2', ({ updates }) => {
          if (updates.internal) updates.internal.every = minutesMs(20);
        }),
      ),
    ).toEqual(['SEV2 updates: internal every 20 min instead of 30 min']);
    const twice = withSeverity('SEV1', (severity) => {
      severity.hold = {
        for: { timesDuration: 2 },
        atLeast: minutesMs(15),
        atMost: minutesMs(24 * 60),
        samples: severity.hold.samples,
      };
    });
    expect(wordsOf(twice)).toEqual(['SEV1 hold: twice the duration (15 min to 24 h) instead of 15 min']);
  });

  test('say what a severity promises anew and what no longer', () => {
    const after = withSeverity('SEV3', (severity) => {
      severity.ladder.push({ after: minutesMs(45), page: 'vp-engineering', unless: 'resolved' });
      severity.updates.public = null;
      severity.notify = severity.notify.filter(({ to }) => to !== 'squad');
    });
    const words = wordsOf(after);
    expect(words).toContain('SEV3 ladder: new: vp-engineering is paged after 45 min unless resolved');
    expect(words).toContain('SEV3 notify: gone: squad is told by chat at any hour');
    expect(
      words.filter((text) => text.startsWith('SEV3 updates: gone: the first public one within 10 min')),
    ).toHaveLength(1);
  });

  test('name a severity that is new or gone, once', () => {
    const { SEV3, ...others } = ours.severities;
    expect(SEV3).toBeDefined();
    const without = { ...ours, severities: others };
    expect(wordsOf(ours, without)).toEqual(['SEV3 is new']);
    expect(wordsOf(without, ours)).toEqual(['SEV3 is gone']);
  });

  test('of two packs match severities by rank, whatever they are called', () => {
    const other = structuredClone(ours);
    other.pack = 'other';
    // SEV1 is the mildest of the other pack: a comparison by name would find nothing to say.
    other.severities = Object.fromEntries(
      Object.entries(other.severities).map(([name, severity]) => [
        { SEV1: 'SEV3', SEV2: 'SEV2', SEV3: 'SEV1' }[name] ?? name,
        severity,
      ]),
    );
    expect(wordsOf(other)).toEqual([
      'SEV3 stands for what is SEV1 now',
      'SEV1 stands for what is SEV3 now',
      'pack: other instead of guide-sev1-sev3',
    ]);
  });

  test('say so when only the order of the steps differs', () => {
    const words = wordsOf(withSeverity('SEV1', ({ ladder }) => void ladder.reverse()));
    expect(words).toHaveLength(1);
    expect(words[0]).toMatch(/^SEV1 ladder: /);
  });
});

type Path = (string | number)[];
const leavesOf = (value: unknown, path: Path = []): Path[] => {
  if (typeof value !== 'object' || value === null) return [path];
  const inside = Array.isArray(value) ? value.map((each, index) => [index, each] as const) : Object.entries(value);
  return inside.flatMap(([part, each]) => leavesOf(each, [...path, part]));
};
/** Words that a policy chooses from, by their field. */
const choices: Record<string, string[]> = {
  unless: ['acknowledged', 'mitigated', 'resolved'],
  via: ['chat', 'direct', 'ticket'],
  during: ['always', 'businessHours'],
  room: ['own', 'shared', 'none'],
  onMissed: ['autoPost', 'page'],
  when: ['always', 'customerFacing'],
  onRecovered: ['hold', 'ask'],
};
/** What may stand where a policy says nothing. */
const instead: Record<string, unknown> = {
  internal: ours.severities.SEV1?.updates.internal,
  public: ours.severities.SEV1?.updates.public,
  acknowledgementExpires: minutesMs(30),
  otherwisePage: 'on-call',
};
const different = (leaf: unknown, field: string | number): unknown => {
  const choice = choices[field];
  if (choice && typeof leaf === 'string') return choice[(choice.indexOf(leaf) + 1) % choice.length];
  if (typeof leaf === 'number') return leaf + 1;
  if (typeof leaf === 'boolean') return !leaf;
  return leaf === null ? instead[field] : `${String(leaf)} `;
};
/** A copy in which the leaf at the path is another one. */
const changedAt = (policy: Policy, path: Path): Policy => {
  const copy = structuredClone(policy) as unknown as Record<string | number, unknown>;
  const parent = path
    .slice(0, -1)
    .reduce<Record<string | number, unknown>>((at, part) => at[part] as typeof copy, copy);
  const last = path.at(-1) ?? '';
  parent[last] = different(parent[last], last);
  return copy as unknown as Policy;
};
/** The same policy with every map in the opposite order, as a database may hand it back. */
const turnedAround = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(turnedAround);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, each]) => [key, turnedAround(each)]),
  );
};

describe.each(policies.map((policy) => [policy.pack, policy] as const))('the policy of %s', (_, policy) => {
  test('changed in any one figure yields at least one line', () => {
    const silent = leavesOf(policy).filter((path) => policyDiff(policy, changedAt(policy, path)).length === 0);
    expect(silent).toEqual([]);
  });

  test('changed in any figures yields a line that reads, both ways', () => {
    const leaves = leavesOf(policy);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(leaves.length - 1), { minLength: 1, maxLength: 8 }), (picks) => {
        const after = picks.reduce((changed, pick) => changedAt(changed, leaves[pick] ?? []), policy);
        for (const changes of [policyDiff(policy, after), policyDiff(after, policy)]) {
          expect(changes).not.toEqual([]);
          for (const { text, before, after: now } of changes) {
            expect(text).not.toMatch(/undefined|NaN|\[object/);
            expect(before).not.toBe(now);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('compared with itself yields none, also as a database keeps it', () => {
    expect(policyDiff(policy, structuredClone(policy))).toEqual([]);
    expect(policyDiff(policy, turnedAround(JSON.parse(JSON.stringify(policy))) as Policy)).toEqual([]);
  });

  test('reads aloud without a hole, and says nothing twice', () => {
    const lines = promisesOf(policy).map(({ severity, field, text }) => `${severity} ${field}: ${text}`);
    expect(lines.filter((line) => /undefined|NaN|\[object|null [a-z]+: $/.test(line))).toEqual([]);
    expect(new Set(lines).size).toBe(lines.length);
  });
});

describe.each(policies.flatMap((one) => policies.filter((other) => other !== one).map((other) => [one, other])))(
  'one pack against another',
  (one, other) => {
    test('always has something to say', () => {
      if (!one || !other) throw new Error('two packs are compared');
      expect(policyDiff(one, other)).not.toEqual([]);
    });
  },
);
