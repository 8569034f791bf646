import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connectionBudget } from '../../../src/domain/remediation/connection-budget.ts';

const figures = { max: 100, reserved: 3, used: 57, poolPerReplica: 20, replicasNow: 3, replicasAfter: 5 };

test('more replicas fit while their full pools find free connections', () => {
  expect(connectionBudget(figures)).toEqual({
    fits: true,
    finding: '2 more replicas open up to 40 connections, and 40 are free (57 used and 3 reserved of 100)',
  });
});
test('one connection too few is too few, and the figure that fits is said', () => {
  expect(connectionBudget({ ...figures, used: 58 })).toEqual({
    fits: false,
    finding:
      '2 more replicas open up to 40 connections, and 39 are free (58 used and 3 reserved of 100): at most 4 replicas fit',
  });
});
test('a database without a free connection bears no further replica', () => {
  const { fits, finding } = connectionBudget({ ...figures, used: 120, replicasAfter: 4 });
  expect(fits).toBe(false);
  expect(finding).toContain('0 are free');
  expect(finding).toContain('no further replica fits; free connections first');
});
test('fewer replicas always fit, even where no connection is free', () => {
  expect(connectionBudget({ ...figures, used: 100, replicasAfter: 2 }).fits).toBe(true);
});
test('what is said to fit does fit', () => {
  const small = fc.integer({ min: 0, max: 200 });
  fc.assert(
    fc.property(
      small,
      small,
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
      (used, max, pool, now) => {
        const asked = { max, reserved: 3, used, poolPerReplica: pool, replicasNow: now, replicasAfter: now + 10 };
        const most = Number(/at most (\d+) replicas/.exec(connectionBudget(asked).finding)?.[1] ?? now);
        expect(connectionBudget({ ...asked, replicasAfter: most }).fits).toBe(true);
        expect(connectionBudget({ ...asked, replicasAfter: Math.max(most, now) + 1 }).fits).toBe(
          connectionBudget(asked).fits,
        );
      },
    ),
  );
});
