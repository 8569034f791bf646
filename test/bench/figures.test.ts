import { expect, test } from 'vitest';
import { figuresOf, percentile, ratioOfBlocks } from './figures.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => count - index);

test('the 99th percentile of a hundred samples is the second worst, not the worst', () => {
  expect(percentile(upTo(100), 0.99)).toBe(99);
  expect(percentile(upTo(100), 1)).toBe(100);
  expect(percentile(upTo(100), 0.5)).toBe(50);
});
test('the samples are left in the order in which they were taken', () => {
  const samples = [3, 1, 2];
  expect(figuresOf(samples)).toEqual({ samples: 3, p50: 2, p99: 3, most: 3 });
  expect(samples).toEqual([3, 1, 2]);
});
test('one noisy block does not decide the ratio of the blocks', () => {
  const ours = [[30], [28], [900]];
  const bare = [[20], [20], [20]];
  expect(ratioOfBlocks(ours, bare, 0.5)).toEqual({ median: 1.5, least: 1.4, greatest: 45 });
});
