import { expect, test } from 'vitest';
import { bytesOf, mebibytes } from '../../../src/domain/kubernetes/quantity.ts';

test('amounts of memory are understood in every unit that Kubernetes takes', () => {
  expect(['1Ki', '256Mi', '1.5Gi', '128974848', '129e6', '129M', '1G', '1000m'].map(bytesOf)).toEqual([
    1_024, 268_435_456, 1_610_612_736, 128_974_848, 129_000_000, 129_000_000, 1_000_000_000, 1,
  ]);
});

test('what is no amount is not guessed', () => {
  expect(['', 'Mi', '1 Mi', '1MB', 'lots', undefined].map(bytesOf)).toEqual([null, null, null, null, null, null]);
});

test('limits are written in whole mebibytes', () => {
  expect(mebibytes(1_000_000_000, Math.ceil)).toBe('954Mi');
  expect(mebibytes(1_000_000_000, Math.floor)).toBe('953Mi');
});
