import { expect, test } from 'vitest';
import { type judging, now, outcome, type Row } from './judging.ts';

/** What no maintenance hides, under any pack. */
const neverSilent = ['data-breach', 'data-loss', 'suspected-corruption', 'unauthorised-access', 'active-exploit'];

/** The row of maintenance that outlasts its window. */
export const maintenanceOverrun = (severity: string): Row => [
  'maintenance past its window',
  { maintenanceUntil: '2026-11-18T09:59:59.999Z' },
  `${severity} maintenance-overrun`,
];

export interface Maintenance {
  judge: ReturnType<typeof judging>;
  rows: readonly Row[];
  overrun: Row;
  /** What comes of a complete outage. */
  outage: string;
  /** Rules of this pack that it does not hide either. */
  alsoHeard?: readonly string[];
}

/** Planned maintenance hides what it may, and not a millisecond longer than its window. */
export const hidesWhatItMay = ({ judge, rows, overrun, outage, alsoHeard = [] }: Maintenance): void => {
  test.each(rows)('%s: inside the window', (_, signals, expected) => {
    const hidden = ![...neverSilent, ...alsoHeard].includes(expected.split(' ')[1] ?? '');
    const inside = { ...signals, maintenanceUntil: now };
    expect(outcome(judge(inside, { severityLabel: 'low' }))).toBe(hidden ? 'ignored planned-maintenance' : expected);
  });

  test('a millisecond past its window it is an incident', () => {
    const [, signals, expected] = overrun;
    expect(outcome(judge(signals, { severityLabel: 'low' }))).toBe(expected);
    expect(outcome(judge({ maintenanceUntil: now }, { severityLabel: 'low' }))).toBe('ignored planned-maintenance');
    expect(outcome(judge({ ...signals, completeOutage: true }))).toBe(outage);
  });
};
