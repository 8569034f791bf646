import { triage, type Verdict } from '../../src/domain/incident/triage.ts';
import { loadPacks } from '../../src/packs/load.ts';
import type { Alert } from '../../src/schema/alert.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import type { PackDocument } from '../../src/schema/policy.ts';
import { sandboxOrganisation } from '../support/sandbox-organisation.ts';

export const organisation = sandboxOrganisation;
/** The built-in ones: reading them with the organisation proves that every duty and group they name exists. */
export const packs = loadPacks([], organisation);

export const packOf = (id: string): PackDocument => {
  const pack = packs.get(id);
  if (!pack) throw new Error(`the pack ${id} is not among the built-in ones`);
  return pack;
};

export const now = '2026-11-18T10:00:00.000Z';

export type Signals = Alert['signals'];

/** Firing for 10 minutes at `now`, for a critical service of the sandbox. */
export const anAlert = (part: Partial<Alert> = {}): Alert => ({
  source: 'generic',
  fingerprint: 'f1',
  status: 'firing',
  title: 'Something is wrong',
  summary: null,
  service: 'checkout',
  severityLabel: null,
  startsAt: '2026-11-18T09:50:00.000Z',
  endsAt: null,
  signals: {},
  labels: {},
  link: null,
  ...part,
});

/** "P1 latency-high", or "ignored planned-maintenance". */
export const outcome = (verdict: Verdict): string =>
  verdict.verdict === 'declare' ? `${verdict.severity} ${verdict.rule}` : `ignored ${verdict.rule}`;

export const judging =
  (pack: PackDocument, inside: Organisation = organisation) =>
  (signals: Signals, part: Partial<Alert> = {}): Verdict =>
    triage({ alert: anAlert({ signals, ...part }), pack, organisation: inside, now });

/** A rule's row: signals that meet it and none that is worse, and what comes of it. */
export type Row = readonly [title: string, signals: Signals, expected: string];

/** Rules of the pack that no row names: a table that a person compares with the document must be whole. */
export const unproven = ({ rules }: PackDocument, rows: readonly Row[]): string[] => {
  const named = new Set(rows.map(([, , expected]) => expected.split(' ')[1]));
  return rules.map(({ id }) => id).filter((id) => !named.has(id));
};

/** The same signals, each said not to be so. */
export const denied = (signals: Signals): Signals =>
  Object.fromEntries(Object.keys(signals).map((name) => [name, false]));
