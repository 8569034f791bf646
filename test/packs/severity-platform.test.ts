import { describe, expect, test } from 'vitest';
import { judge as judgeFacts } from '../../src/domain/incident/severity.ts';
import { denied, judging, outcome, packOf, type Row, type Signals, unproven } from './judging.ts';
import { hidesWhatItMay, maintenanceOverrun } from './planned-maintenance.ts';

const pack = packOf('platform-p0-p3');
const judge = judging(pack);

const words: Row[] = [
  ['a complete outage', { completeOutage: true }, 'P0 complete-outage'],
  ['the gateway is down', { gatewayDown: true }, 'P0 gateway-down'],
  ['payments fail', { paymentsDown: true }, 'P0 payments-down'],
  ['a breach', { dataBreach: true }, 'P0 data-breach'],
  ['data is lost', { dataLoss: true }, 'P0 data-loss'],
  ['a major function', { majorFunctionDown: true }, 'P1 major-function-down'],
  ['one service is down', { serviceDown: true }, 'P1 service-down'],
  ['much slower', { slowness: 'significant' }, 'P1 slow-significantly'],
  ['data may be damaged', { suspectedCorruption: true }, 'P1 suspected-corruption'],
  ['somebody may have got in', { unauthorisedAccess: true }, 'P1 unauthorised-access'],
  ['a hole is being used', { activeExploit: true }, 'P1 active-exploit'],
  ['a minor function', { minorFunctionDown: true }, 'P2 minor-function-down'],
  ['somewhat slower', { slowness: 'moderate' }, 'P2 slow-moderately'],
  ['capacity runs short', { capacityWarning: true }, 'P3 capacity-warning'],
  ['the monitoring warns', { monitoringWarning: true }, 'P3 monitoring-warning'],
];
const overrun = maintenanceOverrun('P2');

describe('the platform: how bad it is', () => {
  test.each(words)('%s', (_, signals, expected) => {
    expect(outcome(judge(signals, { severityLabel: 'warning' }))).toBe(expected);
  });

  test.each(words)('%s, and not when it is denied', (_, signals) => {
    expect(outcome(judge(denied(signals), { severityLabel: 'warning' }))).toBe('P3 label:warning');
  });

  test("the worse of rule and the monitor's own word counts, and nobody's word is P1", () => {
    expect(outcome(judge({ slowness: 'moderate' }, { severityLabel: 'critical' }))).toBe('P0 label:critical');
    expect(outcome(judge({ slowness: 'moderate' }))).toBe('P2 slow-moderately');
    expect(outcome(judge({}))).toBe('P1 label:otherwise');
  });

  test('every rule stands in this table', () => {
    expect(unproven(pack, [...words, overrun])).toEqual([]);
  });
});

describe('the platform: severity and impact', () => {
  const names = ['P0', 'P1', 'P2', 'P3'];
  const kinds: Signals[] = [
    { completeOutage: true },
    { majorFunctionDown: true },
    { minorFunctionDown: true },
    { capacityWarning: true },
  ];
  const matrix: [string, string[]][] = [
    ['critical', ['P0', 'P1', 'P1', 'P1']],
    ['high', ['P0', 'P1', 'P2', 'P3']],
    ['medium', ['P0', 'P1', 'P2', 'P3']],
    ['low', ['P1', 'P2', 'P3', 'P3']],
  ];
  test.each(matrix)('impact %s', (impact, expected) => {
    const judged = kinds.map((kind) => judgeFacts(pack, { ...kind, impact }, 0, null));
    expect(judged.map(({ severity }) => severity)).toEqual(expected);
    const moved = judged.map(({ adjustments }) => adjustments.length > 0);
    expect(moved).toEqual(expected.map((severity, index) => severity !== names[index]));
  });

  test('without a word on impact nothing moves', () => {
    expect(kinds.map((kind) => judgeFacts(pack, kind, 0, null).severity)).toEqual(names);
    expect(pack.adjustments.map(({ id }) => id)).toEqual(['impact-low', 'impact-critical']);
  });

  test('a person is asked for exactly these words', () => {
    expect(pack.assessment).toMatchObject([{ signal: 'impact', answers: matrix.map(([impact]) => impact) }]);
  });
});

describe('the platform: planned maintenance', () => {
  hidesWhatItMay({ judge, rows: words, overrun, outage: 'P0 complete-outage' });
});
