import { describe, expect, test } from 'vitest';
import { countsInWords, folded, reportsSource, signalsOf } from '../../../src/domain/incident/report.ts';
import { triage } from '../../../src/domain/incident/triage.ts';
import { loadPacks } from '../../../src/packs/load.ts';
import type { Alert } from '../../../src/schema/alert.ts';
import { sandboxOrganisation as organisation } from '../../support/sandbox-organisation.ts';

describe('words of customers', () => {
  test.each([
    ['Checkout  shows\ta blank page ', 'checkout shows a BLANK page'],
    ['Caf\u00e9', 'cafe\u0301'],
  ])('%j and %j are the same', (one, two) => expect(folded(one)).toBe(folded(two)));

  test('that differ in a letter are not', () => expect(folded('blank page')).not.toBe(folded('blank pages')));
});

describe('counts', () => {
  test.each([
    [3, 2, '3 tickets and 2 enterprise customers'],
    [1, 1, '1 ticket and 1 enterprise customer'],
    [0, 0, 'no ticket and no enterprise customer'],
  ])('%d and %d are said as "%s"', (tickets, enterpriseCustomers, words) =>
    expect(countsInWords({ tickets, enterpriseCustomers })).toBe(words),
  );

  test('are signals only where something was counted', () => {
    expect(signalsOf({ tickets: 0, enterpriseCustomers: 2, reports: 2 })).toEqual({ enterpriseReports: 2 });
    expect(signalsOf({ tickets: 0, enterpriseCustomers: 0, reports: 2 })).toEqual({});
  });
});

describe('a count that no rule of the pack matches', () => {
  const verdictOf = (source: string, signals: Alert['signals']) => {
    const pack = loadPacks([], organisation).get('guide-sev1-sev3');
    if (!pack) throw new Error('the guide pack is not among the built-in ones');
    const alert: Alert = {
      source,
      fingerprint: 'f',
      status: 'firing',
      title: 'Customers report: blank page',
      summary: null,
      service: null,
      severityLabel: null,
      startsAt: '',
      endsAt: null,
      signals,
      labels: {},
      link: null,
    };
    return triage({ alert, pack, organisation, now: '2026-03-02T12:00:00Z' });
  };

  test('is recorded, as one customer is no alarm', () =>
    expect(verdictOf(reportsSource, { ticketsInWindow: 2 })).toMatchObject({
      verdict: 'ignore',
      rule: 'reports:below',
      because: expect.stringContaining('2 tickets and no enterprise customer'),
    }));
  test('is declared when a monitor brings it: what nobody thought of is told', () =>
    expect(verdictOf('generic', { ticketsInWindow: 2 })).toMatchObject({ verdict: 'declare', severity: 'SEV2' }));
  test('is declared at the threshold by the rule', () =>
    expect(verdictOf(reportsSource, { ticketsInWindow: 3 })).toMatchObject({
      severity: 'SEV3',
      rule: 'ticket-pattern',
    }));
});
