import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { downgrade, modeFor } from '../../../src/domain/remediation/mode.ts';
import { rulesFor, stricterMode } from '../../../src/domain/remediation/mode-rules.ts';
import { allowedByLabel, environmentOf, selects } from '../../../src/domain/remediation/mode-scope.ts';
import { standingOf } from '../../../src/domain/remediation/trust.ts';
import { changingClasses, type Mode, modes } from '../../../src/schema/remediation-policy.ts';
import { builtIn, ownPolicy, question } from '../../support/policies.ts';

const trustRule = rulesFor(builtIn, question()).trust;
const staging = { environment: 'staging' } as const;
const ownRunbook = { name: 'drop-cache', version: 2, builtIn: false };

describe('as Muster comes', () => {
  test.each([
    ['production', 'B1', 'approve'],
    ['production', 'B2', 'approve'],
    ['production', 'B3', 'approve'],
    ['production', 'B4', 'off'],
    ['staging', 'B1', 'auto'],
    ['staging', 'B2', 'auto'],
    ['staging', 'B3', 'approve'],
    ['staging', 'B4', 'off'],
  ] as const)('in %s a %s change is for mode %s', (environment, blastClass, mode) => {
    expect(modeFor(builtIn, question({ environment, blastClass })).mode).toBe(mode);
  });

  test('reading is never asked about, not even where everything is off', () => {
    const off = ownPolicy('off', 'modes: { B1: off, B2: off, B3: off, B4: off }');
    expect(modeFor([...builtIn, off], question({ blastClass: 'B0' }))).toMatchObject({ mode: 'auto', approval: null });
  });

  test('a drill of a roll-back waits for one commander, as in production', () => {
    const decision = modeFor(builtIn, question({ drill: true }));
    expect(decision).toMatchObject({ mode: 'approve', approval: { roles: ['commander'], count: 1 } });
    expect(decision.because).toEqual(['policy production says approve for B2 in production']);
  });

  test('a node or all traffic of a service needs two commanders', () => {
    const { approval } = modeFor(builtIn, question({ blastClass: 'B3' }));
    expect(approval).toMatchObject({ roles: ['commander'], count: 2, notProposer: true, notAuthorOfChange: true });
  });

  test('a service that the catalogue does not know is taken for production', () => {
    expect(environmentOf(null)).toBe('production');
    expect(environmentOf({ environment: 'staging' })).toBe('staging');
  });
});

describe('policies of your own', () => {
  test('may loosen what comes with Muster', () => {
    const own = ownPolicy('pods', 'select: { environments: [production] }', 'modes: { B1: auto }');
    expect(modeFor([...builtIn, own], question({ blastClass: 'B1' })).mode).toBe('auto');
  });
  test('leave to the built-in ones what they do not say', () => {
    const own = ownPolicy('pods', 'modes: { B1: auto }');
    expect(modeFor([...builtIn, own], question({ blastClass: 'B2' })).mode).toBe('approve');
  });
  test('hold where they select, and nowhere else', () => {
    const own = ownPolicy('shop-off', 'select: { namespaces: [shop] }', 'modes: { B2: off }');
    expect(modeFor([...builtIn, own], question()).mode).toBe('off');
    expect(modeFor([...builtIn, own], question({ namespace: 'search' })).mode).toBe('approve');
  });
  test('cannot loosen each other: of two the strictest counts, in either order', () => {
    const loose = ownPolicy('loose', 'modes: { B2: auto }', 'approvals: { B2: { count: 1, timeout: 1h } }');
    const strict = ownPolicy('strict', 'modes: { B2: recommend }', 'approvals: { B2: { count: 3, timeout: 5m } }');
    for (const own of [
      [loose, strict],
      [strict, loose],
    ]) {
      const decision = modeFor([...builtIn, ...own], question());
      expect(decision.mode).toBe('recommend');
      expect(decision.because[0]).toBe('policy strict says recommend for B2 in production');
      expect(decision.approval).toMatchObject({ count: 3, timeoutMs: 300_000 });
    }
  });
  test('of different approvers only whom both name may approve, and a commander where that is nobody', () => {
    const wide = ownPolicy('wide', 'approvals: { B2: { roles: [responder, commander], duties: [on-call] } }');
    const duty = ownPolicy('duty', 'approvals: { B2: { duties: [on-call] } }');
    const other = ownPolicy('other', 'approvals: { B2: { duties: [dba] } }');
    expect(rulesFor([...builtIn, wide, duty], question()).approvals.B2).toMatchObject({
      roles: [],
      duties: ['on-call'],
    });
    expect(rulesFor([...builtIn, duty, other], question()).approvals.B2).toMatchObject({
      roles: ['commander'],
      duties: [],
    });
  });
  test('never make a B3 change run without a question nor a B4 change at all, even past the check of their file', () => {
    const own = { ...ownPolicy('wild'), modes: { B3: 'auto', B4: 'auto' } } as const;
    expect(modeFor([...builtIn, own], question({ blastClass: 'B3' })).mode).toBe('approve');
    expect(modeFor([...builtIn, own], question({ blastClass: 'B4' })).mode).toBe('recommend');
  });
  test('for drills alone leave live incidents as they are', () => {
    const own = ownPolicy('practice', 'select: { drills: true }', 'modes: { B2: auto }');
    expect(modeFor([...builtIn, own], question({ drill: true })).mode).toBe('auto');
    expect(modeFor([...builtIn, own], question({ drill: false })).mode).toBe('approve');
  });
  test('without the built-in ones nothing is decided, rather than guessed', () => {
    expect(() => modeFor([ownPolicy('alone', 'modes: { B2: auto }')], question())).toThrow(/load the built-in ones/);
  });
  test('adding one never makes anything more than the strictest of them allows', () => {
    const anyModes = fc.record({
      B1: fc.constantFrom(...modes),
      B2: fc.constantFrom(...modes),
      B3: fc.constantFrom(...modes),
      B4: fc.constantFrom(...modes),
    });
    fc.assert(
      fc.property(fc.array(anyModes, { minLength: 1, maxLength: 4 }), anyModes, (before, added) => {
        const own = before.map((said, index) => ({ ...ownPolicy(`own-${index}`), modes: said }));
        for (const blastClass of changingClasses) {
          const ask = question({ blastClass });
          const { mode } = modeFor([...builtIn, ...own], ask);
          const more = modeFor([...builtIn, ...own, { ...ownPolicy('added'), modes: added }], ask).mode;
          expect(stricterMode(more, mode)).toBe(more);
        }
      }),
    );
  });
});

describe('what speaks against a change lowers the mode and is told', () => {
  test('data may be lost: no more than a recommendation, anywhere', () => {
    const { mode, because } = modeFor(builtIn, question({ ...staging, dataSuspicion: true }));
    expect(mode).toBe('recommend');
    expect(because[1]).toContain('data may be lost or corrupt');
  });
  test('a runbook of your own without history only observes, until a policy vouches for this version', () => {
    const ask = question({ ...staging, runbook: ownRunbook });
    expect(modeFor(builtIn, ask)).toMatchObject({
      mode: 'observe',
      because: [
        'policy elsewhere says auto for B2 in staging',
        'drop-cache version 2 has no history yet; a policy may vouch for it with newRunbooks.trusted: [drop-cache@2]',
      ],
    });
    const vouching = ownPolicy('vouching', 'newRunbooks: { trusted: [drop-cache@2] }');
    expect(modeFor([...builtIn, vouching], ask).mode).toBe('auto');
    const older = ownPolicy('older', 'newRunbooks: { trusted: [drop-cache@1] }');
    expect(modeFor([...builtIn, older], ask).mode).toBe('observe');
  });
  test('with history it acts as the policy says; a history of aborted runs is none', () => {
    const after = (outcome: 'verified' | 'aborted') =>
      modeFor(builtIn, question({ ...staging, runbook: ownRunbook, standing: standingOf([outcome], trustRule) })).mode;
    expect(after('verified')).toBe('auto');
    expect(after('aborted')).toBe('observe');
  });
  test('a runbook that made things worse asks a person from then on, also a built-in or trusted one', () => {
    const standing = standingOf(['verified', 'harmful', 'verified'], trustRule);
    const { mode, because } = modeFor(builtIn, question({ ...staging, standing }));
    expect(mode).toBe('approve');
    expect(because[1]).toBe('bad-release version 3 is not trusted any more: it made things worse once');
  });
  test('what a person proposes by hand is asked about', () => {
    expect(modeFor(builtIn, question({ ...staging, runbook: null })).mode).toBe('approve');
  });
  test('a reason that lowers nothing is not told', () => {
    expect(modeFor(builtIn, question({ runbook: null })).because).toHaveLength(1);
  });

  test('each reason that lowers is told in turn, and the lowest counts', () => {
    const caps = [
      { mode: 'approve', because: 'too often' },
      { mode: 'approve', because: 'again too often' },
      { mode: 'recommend', because: 'it flaps' },
    ] as const;
    expect(downgrade('auto', caps)).toEqual({ mode: 'recommend', because: ['too often', 'it flaps'] });
    expect(downgrade('observe', caps)).toEqual({ mode: 'observe', because: [] });
  });
  test('never raises anything, and is silent only where nothing changed', () => {
    const aMode = fc.constantFrom<Mode>(...modes);
    fc.assert(
      fc.property(aMode, fc.array(fc.record({ mode: aMode, because: fc.string({ minLength: 1 }) })), (mode, caps) => {
        const lowered = downgrade(mode, caps);
        expect(stricterMode(lowered.mode, mode)).toBe(lowered.mode);
        for (const cap of caps) expect(stricterMode(lowered.mode, cap.mode)).toBe(lowered.mode);
        expect(lowered.because.length === 0).toBe(lowered.mode === mode);
      }),
    );
  });
});

describe('what a policy is about', () => {
  test.each([
    [{}, true],
    [{ environments: ['production', 'staging'] }, true],
    [{ environments: ['staging'] }, false],
    [{ exceptEnvironments: ['production'] }, false],
    [{ clusters: ['blue'], namespaces: ['shop'], services: ['checkout'], runbooks: ['bad-release'] }, true],
    [{ clusters: ['blue'], namespaces: ['search'] }, false],
    [{ drills: false }, true],
    [{ drills: true }, false],
  ])('%j: %s', (selection, expected) => expect(selects(selection, question())).toBe(expected));

  test('a policy for services or runbooks says nothing where there is none', () => {
    expect(selects({ services: ['checkout'] }, question({ service: null }))).toBe(false);
    expect(selects({ runbooks: ['bad-release'] }, question({ runbook: null }))).toBe(false);
  });
});

describe('the label that allows a change', () => {
  const label = 'muster.dev/allow';
  test.each([
    ['a label that names it', { labels: { [label]: 'evict-pod.restart-workload' } }, true],
    ['a label that allows all', { labels: { [label]: 'all' } }, true],
    ['an annotation with commas', { annotations: { [label]: 'evict-pod, restart-workload' } }, true],
    ['a label that names others', { labels: { [label]: 'evict-pod' } }, false],
    ['no label at all', {}, false],
  ])('%s: %o', (_, object, passed) => {
    expect(allowedByLabel(object, label, 'restart-workload').passed).toBe(passed);
  });
});
