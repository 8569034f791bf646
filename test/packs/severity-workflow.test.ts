import { describe, expect, test } from 'vitest';
import { judge as judgeFacts } from '../../src/domain/incident/severity.ts';
import { denied, judging, outcome, packOf, type Row, type Signals, unproven } from './judging.ts';
import { hidesWhatItMay, maintenanceOverrun } from './planned-maintenance.ts';

const pack = packOf('workflow-p1-p4');
const judge = judging(pack);

const words: Row[] = [
  ['a complete outage', { completeOutage: true }, 'P1 complete-outage'],
  ['data is lost', { dataLoss: true }, 'P1 data-loss'],
  ['all users', { users: 'all' }, 'P1 most-users'],
  ['most users', { users: 'most' }, 'P1 most-users'],
  ['a breach', { dataBreach: true }, 'P1 data-breach'],
  ['somebody may have got in', { unauthorisedAccess: true }, 'P1 unauthorised-access'],
  ['a hole is being used', { activeExploit: true }, 'P1 active-exploit'],
  ['security is touched', { security: true }, 'P1 security-touched'],
  ['a major function is broken', { majorFunctionDown: true }, 'P2 major-function-down'],
  ['a large subset of the users', { users: 'large subset' }, 'P2 large-subset'],
  ['what users must do is blocked', { blocking: true }, 'P2 blocking'],
  ['it costs the business severely', { businessImpact: 'severe' }, 'P2 business-severe'],
  ['data may be damaged', { suspectedCorruption: true }, 'P2 suspected-corruption'],
  ['a minor function', { minorFunctionDown: true }, 'P3 minor-function-down'],
  ['a small subset of the users', { users: 'small subset' }, 'P3 small-subset'],
  ['cosmetic', { cosmetic: true }, 'P4 cosmetic'],
  ['few users', { users: 'few' }, 'P4 few-users'],
];
const overrun = maintenanceOverrun('P3');

describe('the workflow: how bad it is', () => {
  test.each(words)('%s', (_, signals, expected) => {
    expect(outcome(judge(signals, { severityLabel: 'low' }))).toBe(expected);
  });

  test.each(words)('%s, and not when it is denied', (_, signals) => {
    expect(outcome(judge(denied(signals), { severityLabel: 'low' }))).toBe('P4 label:low');
  });

  test('what is broken and who is hurt count each alone, the worse of both', () => {
    expect(outcome(judge({ majorFunctionDown: true, users: 'few' }))).toBe('P2 major-function-down');
    expect(outcome(judge({ cosmetic: true, users: 'large subset' }))).toBe('P2 large-subset');
  });

  test("the worse of rule and the monitor's own word counts, and nobody's word is P2", () => {
    expect(outcome(judge({ cosmetic: true }, { severityLabel: 'error' }))).toBe('P2 label:error');
    expect(outcome(judge({ cosmetic: true }))).toBe('P4 cosmetic');
    expect(outcome(judge({}))).toBe('P2 label:otherwise');
  });

  test('every rule stands in this table', () => {
    expect(unproven(pack, [...words, overrun])).toEqual([]);
  });
});

describe('the workflow: what lowers and lifts', () => {
  const moved: [string, Signals, string, string[]][] = [
    ['a way around an outage lowers it by one', { completeOutage: true, workaround: true }, 'P2', ['workaround']],
    ['an outage without one stays', { completeOutage: true, workaround: false }, 'P1', []],
    [
      'a way around a minor function lowers it by one',
      { minorFunctionDown: true, workaround: true },
      'P4',
      ['workaround'],
    ],
    ['nothing falls below P4', { cosmetic: true, workaround: true }, 'P4', []],
    [
      'lost data is P1 whatever the way around',
      { dataLoss: true, workaround: true },
      'P1',
      ['workaround', 'data-lost'],
    ],
    [
      'data that is not lost is not',
      { majorFunctionDown: true, dataLoss: false, workaround: true },
      'P3',
      ['workaround'],
    ],
    ['security is P1 whatever the way around', { security: true, workaround: true }, 'P1', ['workaround', 'security']],
    ['no security, no lift', { users: 'few', security: false }, 'P4', []],
    ['a breach is P1 whatever the way around', { dataBreach: true, workaround: true }, 'P1', ['workaround', 'breach']],
    ['no breach, no lift', { users: 'few', dataBreach: false }, 'P4', []],
    [
      'access is P1 whatever the way around',
      { unauthorisedAccess: true, workaround: true },
      'P1',
      ['workaround', 'access'],
    ],
    ['no access, no lift', { users: 'few', unauthorisedAccess: false }, 'P4', []],
    [
      'an exploit is P1 whatever the way around',
      { activeExploit: true, workaround: true },
      'P1',
      ['workaround', 'exploit'],
    ],
    ['no exploit, no lift', { users: 'few', activeExploit: false }, 'P4', []],
  ];
  test.each(moved)('%s', (_, answers, severity, adjustments) => {
    expect(judgeFacts(pack, answers, 0, 'low')).toMatchObject({ severity, adjustments });
  });

  test('an alert is moved as well, and the reason says by what', () => {
    expect(judge({ majorFunctionDown: true, workaround: true })).toMatchObject({
      severity: 'P3',
      because:
        'a major function is broken (majorFunctionDown true); lowered to P3: there is a way around it (workaround true)',
    });
  });

  test("the monitor's own word is moved as well", () => {
    expect(judge({ workaround: true }, { severityLabel: 'critical' })).toMatchObject({ severity: 'P2' });
    expect(judge({ workaround: false }, { severityLabel: 'critical' })).toMatchObject({ severity: 'P1' });
  });

  test('every adjustment stands in this table', () => {
    const named = new Set(moved.flatMap(([, , , adjustments]) => adjustments));
    expect(pack.adjustments.map(({ id }) => id).filter((id) => !named.has(id))).toEqual([]);
  });

  test('each of the six questions decides something, and each answer is one that the rules know or leave alone', () => {
    const asked = pack.assessment.map(({ signal }) => signal);
    expect(asked).toEqual(['users', 'blocking', 'dataLoss', 'security', 'workaround', 'businessImpact']);
    const compared = [...pack.rules, ...pack.adjustments].flatMap(({ when }) => when);
    expect(asked.filter((signal) => !compared.some((condition) => condition.signal === signal))).toEqual([]);
    const answers = new Map(pack.assessment.map(({ signal, answers }) => [signal, answers ?? []]));
    for (const { signal, equals, oneOf = [] } of compared) {
      const known = answers.get(signal);
      if (!known || known.length === 0) continue;
      for (const answer of [...oneOf, ...(typeof equals === 'string' ? [equals] : [])]) expect(known).toContain(answer);
    }
  });
});

describe('the workflow: planned maintenance', () => {
  hidesWhatItMay({ judge, rows: words, overrun, outage: 'P1 complete-outage', alsoHeard: ['security-touched'] });
});
