/** One alert, five packs: what changes when only the pack does. */
import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/schema/alert.ts';
import { figuresOf } from './figures.ts';
import { judging, outcome, packOf, packs, type Signals } from './judging.ts';

const ids = ['guide-sev1-sev3', 'playbook-p0-p3', 'workflow-p1-p4', 'platform-p0-p3', 'runbook-p0-p3'];
const byPack = (signals: Signals, part: Partial<Alert> = {}): string[] =>
  ids.map((id) => outcome(judging(packOf(id))(signals, part)));

test('these are the packs that come along', () => {
  expect([...packs.keys()].sort()).toEqual([...ids].sort());
});

describe('the same alert', () => {
  test.each<[string, Signals, Partial<Alert>, string[]]>([
    [
      '12 % errors, and the monitor warns',
      { errorRate: 0.12 },
      { severityLabel: 'warning' },
      ['SEV2 error-rate-major', 'P0 error-rate-critical', 'P3 label:warning', 'P3 label:warning', 'P2 label:warning'],
    ],
    [
      '3 % errors',
      { errorRate: 0.03 },
      {},
      [
        'ignored error-rate-warning',
        'P2 error-rate-medium',
        'P2 label:otherwise',
        'P1 label:otherwise',
        'P1 label:otherwise',
      ],
    ],
    [
      '1 % errors, and the monitor calls it critical',
      { errorRate: 0.01 },
      { severityLabel: 'critical' },
      ['SEV1 label:critical', 'P3 error-rate-low', 'P1 label:critical', 'P0 label:critical', 'P0 label:critical'],
    ],
    [
      'a major function is broken, and there is a way around it',
      { majorFunctionDown: true, workaround: true },
      { severityLabel: 'low' },
      ['SEV3 label:low', 'P1 major-function-down', 'P3 major-function-down', 'P1 major-function-down', 'P3 label:low'],
    ],
    [
      'a breach',
      { dataBreach: true },
      {},
      ['SEV1 data-breach', 'P0 data-breach', 'P1 data-breach', 'P0 data-breach', 'P0 data-breach'],
    ],
  ])('%s', (_, signals, part, expected) => {
    expect(byPack(signals, part)).toEqual(expected);
  });

  test('calls other people at other times when it is a complete outage', () => {
    const climbs = ids.map((id) => {
      const pack = packOf(id);
      const verdict = judging(pack)({ completeOutage: true });
      if (verdict.verdict !== 'declare') throw new Error('an outage was ignored');
      const { ladder, respond, inside, hold } = figuresOf(pack, verdict.severity);
      return [verdict.severity, respond, ladder.length, ladder.at(-1), inside, hold];
    });
    expect(climbs).toEqual([
      ['SEV1', '5 min', 4, '30 vp-engineering unless acknowledged', 'every 15 min', '15 min'],
      ['P0', '5 min', 5, '60 ceo unless resolved', 'every 15 min', '30 min'],
      ['P1', '15 min', 3, '15 engineering-manager unless acknowledged', 'every 15 min', '30 min'],
      ['P0', '15 min', 3, '30 engineering-manager unless acknowledged', 'every 30 min', '2x duration, 15 min to 24 h'],
      ['P0', '5 min', 6, '45 cto unless resolved', 'every 15 min', '30 min'],
    ]);
  });
});
