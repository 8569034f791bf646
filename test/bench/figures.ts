/** Figures of samples, in milliseconds. */
export interface Figures {
  samples: number;
  p50: number;
  p99: number;
  most: number;
}

/** Nearest rank: the smallest sample that at least `share` of all samples do not exceed. */
export const percentile = (samples: readonly number[], share: number): number => {
  const sorted = [...samples].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
};

export const figuresOf = (samples: readonly number[]): Figures => ({
  samples: samples.length,
  p50: rounded(percentile(samples, 0.5)),
  p99: rounded(percentile(samples, 0.99)),
  most: rounded(percentile(samples, 1)),
});

/** Median of the blocks' own ratios with the least and the greatest, so that one noisy block does not decide. */
export const ratioOfBlocks = (ours: readonly number[][], bare: readonly number[][], share: number) => {
  const ratios = ours.map((block, index) => percentile(block, share) / percentile(bare[index] ?? [], share));
  return {
    median: rounded(percentile(ratios, 0.5), 2),
    least: rounded(percentile(ratios, 0), 2),
    greatest: rounded(percentile(ratios, 1), 2),
  };
};

export const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits));
