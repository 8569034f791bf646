import { describe, expect, test } from 'vitest';
import { denied, judging, organisation, outcome, packOf, type Row, unproven } from './judging.ts';
import { hidesWhatItMay, maintenanceOverrun } from './planned-maintenance.ts';

const pack = packOf('runbook-p0-p3');
const judge = judging(pack);

const words: Row[] = [
  ['a complete outage that customers notice', { completeOutage: true }, 'P0 complete-outage'],
  ['a complete outage inside', { completeOutage: true, customerFacing: false }, 'P1 inner-outage'],
  ['a breach', { dataBreach: true }, 'P0 data-breach'],
  ['data is lost', { dataLoss: true }, 'P0 data-loss'],
  ['major degradation', { degradation: 'major' }, 'P1 major-degradation'],
  ['data may be damaged', { suspectedCorruption: true }, 'P1 suspected-corruption'],
  ['somebody may have got in', { unauthorisedAccess: true }, 'P1 unauthorised-access'],
  ['a hole is being used', { activeExploit: true }, 'P1 active-exploit'],
  ['partial degradation', { degradation: 'partial' }, 'P2 partial-degradation'],
  ['a minor issue', { degradation: 'minor' }, 'P3 minor-issue'],
];
const thresholds: Row[] = [
  ['three customers', { customersAffected: 3 }, 'P1 several-customers'],
  ['two customers', { customersAffected: 2 }, 'P1 several-customers'],
  ['one customer', { customersAffected: 1 }, 'P2 limited-customers'],
  ['no customer', { customersAffected: 0 }, 'P3 label:low'],
];
const overrun = maintenanceOverrun('P2');

describe('the runbook: how bad it is', () => {
  test.each([...words, ...thresholds])('%s', (_, signals, expected) => {
    expect(outcome(judge(signals, { severityLabel: 'low' }))).toBe(expected);
  });

  test.each(words)('%s, and not when it is denied', (_, signals) => {
    expect(outcome(judge(denied(signals), { severityLabel: 'low' }))).toBe('P3 label:low');
  });

  test('whether customers notice is the word of the catalogue, unless the alert knows better', () => {
    const checkout = organisation.services.checkout;
    if (!checkout) throw new Error('the sandbox has no checkout');
    const inner = { ...organisation, services: { checkout: { ...checkout, customerFacing: false } } };
    const judgeInside = judging(pack, inner);
    expect(outcome(judgeInside({ completeOutage: true }))).toBe('P1 inner-outage');
    expect(outcome(judgeInside({ completeOutage: true, customerFacing: true }))).toBe('P0 complete-outage');
    expect(outcome(judgeInside({ completeOutage: true }, { service: 'nowhere' }))).toBe('P0 complete-outage');
  });

  test("the worse of rule and the monitor's own word counts, and nobody's word is P1", () => {
    expect(outcome(judge({ degradation: 'partial' }, { severityLabel: 'critical' }))).toBe('P0 label:critical');
    expect(outcome(judge({ degradation: 'partial' }, { severityLabel: 'info' }))).toBe('P2 partial-degradation');
    expect(outcome(judge({ degradation: 'partial' }))).toBe('P2 partial-degradation');
    expect(outcome(judge({}))).toBe('P1 label:otherwise');
  });

  test('every rule stands in these tables', () => {
    expect(unproven(pack, [...words, ...thresholds, overrun])).toEqual([]);
  });
});

describe('the runbook: planned maintenance', () => {
  hidesWhatItMay({ judge, rows: [...words, ...thresholds], overrun, outage: 'P0 complete-outage' });
});
