/** Severity without colour: each rank has its own outline, and the pack's own letter and digit inside. */
const outlines: Record<number, string> = {
  1: 'M12.5 2h15L38 12.5v15L27.5 38h-15L2 27.5v-15z',
  2: 'M20 1.5 38.5 20 20 38.5 1.5 20z',
  3: 'M8 4h24a4 4 0 0 1 4 4v24a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4z',
};
const circle = 'M20 3a17 17 0 1 1 0 34 17 17 0 0 1 0-34z';

/** SEV1 becomes S1, P0 stays P0: first letter and last digit of the pack's name. */
const letterOf = (severity: string): string => `${severity.charAt(0)}${/\d$/.exec(severity)?.[0] ?? ''}`.toUpperCase();

export const SeverityMark = ({
  severity,
  rank,
  large = false,
}: {
  severity: string;
  rank: number;
  large?: boolean;
}) => (
  <span class={`severity severity-${Math.min(rank, 4)}${large ? ' severity-large' : ''}`}>
    <svg viewBox="0 0 40 40" aria-hidden="true" focusable="false">
      <path d={outlines[rank] ?? circle} />
      <text x="20" y="25.5" text-anchor="middle">
        {letterOf(severity)}
      </text>
    </svg>
    <span class="severity-name">
      <span class="visually-hidden">Severity </span>
      {severity}
    </span>
  </span>
);
