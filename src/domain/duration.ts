const unitsMs = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** Plain words for a span, two units at the most: `4 min`, `1 h 30 min`, `0 s`. Negative spans count as zero. */
export const spanInWords = (spanMs: number): string => {
  let rest = Math.max(0, Math.round(spanMs / 1_000) * 1_000);
  const words: string[] = [];
  for (const [unit, sizeMs] of unitsMs) {
    const count = Math.floor(rest / sizeMs);
    if (count > 0 && words.length < 2) words.push(`${count} ${unit}`);
    rest -= count * sizeMs;
  }
  return words.length > 0 ? words.join(' ') : '0 s';
};

/** Milliseconds since the epoch to ISO 8601 in UTC. */
export const instant = (atMs: number): string => new Date(atMs).toISOString();

/** The same for a time that a policy may count in business days. */
export const timeInWords = (time: number | string): string => (typeof time === 'number' ? spanInWords(time) : time);
