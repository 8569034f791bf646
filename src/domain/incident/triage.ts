/**
 * What an alert is: something to record with its reason, or an incident of a severity. Whether it belongs to an incident
 * that is open already is decided by correlation.ts, before this.
 *
 * Order of the decision:
 * 1. Severity rules look at the figures and flags; the worst match counts.
 * 2. An ignore rule that matches silences the alert, if no severity rule matches or it overrules each of them by name.
 * 3. A count of customers' reports that no rule matches is recorded: a report is a word of one customer, no alarm.
 * 4. Else `judge`: rules, the monitor's own word and what lowers or lifts them.
 * Telling people fails open: what nobody thought of is declared, with the pack's severity for the unknown.
 */
import type { Alert } from '../../schema/alert.ts';
import type { Organisation } from '../../schema/organisation.ts';
import type { PackDocument } from '../../schema/policy.ts';
import { countsInWords, reportsSource } from './report.ts';
import { allHold, explain, judge, judgeByRules, type TriageFacts } from './severity.ts';

export type Verdict =
  | { verdict: 'ignore'; because: string; rule: string }
  | { verdict: 'declare'; severity: string; rank: number; because: string; rule: string; serviceKnown: boolean };

export interface TriageRequest {
  alert: Alert;
  pack: PackDocument;
  organisation: Organisation;
  /** ISO 8601 instant of the judgement. */
  now: string;
}

/** Pure and total: every alert gets a verdict with the rule and the facts behind it. */
export const triage = ({ alert, pack, organisation, now }: TriageRequest): Verdict => {
  const facts = factsOf(alert, organisation, now);
  const heldMs = heldForMs(alert, now);

  const silences = pack.ignore.filter((rule) => allHold(rule.when, facts, heldMs));
  for (const silence of silences) {
    if (judgeByRules(pack, facts, heldMs, silence.overrules) === null) {
      return { verdict: 'ignore', because: explain(silence, facts), rule: silence.id };
    }
  }

  if (alert.source === reportsSource && judgeByRules(pack, facts, heldMs) === null) {
    const because = `no rule of the pack ${pack.pack} makes an incident of ${countsInWords(countsOf(facts))}`;
    return { verdict: 'ignore', because, rule: 'reports:below' };
  }

  const { severity, rank, because, rule } = judge(pack, facts, heldMs, alert.severityLabel);
  return { verdict: 'declare', severity, rank, because, rule, serviceKnown: facts.serviceKnown === true };
};

/**
 * The alert's own signals and what follows from alert and catalogue:
 * `severityLabel` the monitor's word or "none" · `figures` how many numbers it brings · `serviceKnown` ·
 * `criticalEndpoint` and `customerFacing` from the catalogue unless the alert says it; what the catalogue does not know
 * counts as customer-facing · `serviceTier` · `maintenance` "inside" or "overrun" when the alert brings
 * `maintenanceUntil`, an instant.
 */
export const factsOf = (alert: Alert, organisation: Organisation, now: string): TriageFacts => {
  const known = alert.service !== null && Object.hasOwn(organisation.services, alert.service);
  const service = known && alert.service !== null ? organisation.services[alert.service] : undefined;
  const until = alert.signals.maintenanceUntil;
  const untilMs = typeof until === 'string' ? Date.parse(until) : Number.NaN;
  return {
    customerFacing: service?.customerFacing ?? true,
    ...(service ? { criticalEndpoint: service.critical, serviceTier: service.tier } : {}),
    ...alert.signals,
    ...(Number.isNaN(untilMs) ? {} : { maintenance: Date.parse(now) <= untilMs ? 'inside' : 'overrun' }),
    severityLabel: alert.severityLabel?.trim().toLowerCase() || 'none',
    figures: Object.values(alert.signals).filter((value) => typeof value === 'number').length,
    serviceKnown: known,
  };
};

const countsOf = ({ ticketsInWindow, enterpriseReports }: TriageFacts) => ({
  tickets: Number(ticketsInWindow ?? 0),
  enterpriseCustomers: Number(enterpriseReports ?? 0),
});

/** How long the trouble lasts: what the monitor measured (`heldForSeconds`), else the time since it began to fire. */
const heldForMs = (alert: Alert, now: string): number => {
  const measured = alert.signals.heldForSeconds;
  if (typeof measured === 'number') return measured * 1_000;
  const sinceMs = Date.parse(now) - Date.parse(alert.startsAt);
  return Number.isNaN(sinceMs) ? 0 : Math.max(0, sinceMs);
};
