/** What the page of runbooks says is what the effect would decide: the same rules, at the same moment. */
import { describe, expect, test } from 'vitest';
import { type BoardFacts, type RemediationFiles, runbookBoard } from '../../../src/domain/runbook/board.ts';
import { readRemediationFiles } from '../../../src/packs/remediation-sources.ts';
import type { RemediationPolicy } from '../../../src/schema/remediation-policy.ts';
import { ownPolicy } from '../../support/policies.ts';
import { aResult, quietBoard } from '../../support/quiet-board.ts';
import { sandboxOrganisation as sandbox } from '../../support/sandbox-organisation.ts';

const files = readRemediationFiles();
const { checkout, payments } = sandbox.services;
if (!checkout?.workload || !payments?.workload) throw new Error('the sandbox has lost its services');
const organisation = {
  ...sandbox,
  services: {
    ...sandbox.services,
    rehearsal: {
      ...checkout,
      title: 'Rehearsal',
      environment: 'staging',
      workload: { ...checkout.workload, cluster: 'green', namespace: 'rehearsal' },
    },
  },
};
const at = '2026-03-04T12:00:00.000Z';

const board = (facts: Partial<BoardFacts> = {}, ...own: RemediationPolicy[]) => {
  const written = own.map((policy) => ({ policy, file: `${policy.name}.yaml`, owner: 'shop', description: null }));
  const all: RemediationFiles = { ...files, policies: [...files.policies, ...written] };
  return runbookBoard(all, quietBoard({ at, organisation, ...facts }));
};
const runbook = (name: string, ...of: Parameters<typeof board>) => {
  const found = board(...of).runbooks.find((one) => one.name === name);
  if (!found) throw new Error(`no runbook ${name}`);
  return found;
};
/** Modes of the roll-back of bad-release, as "environment class mode: services". */
const modes = (...of: Parameters<typeof board>) =>
  runbook('bad-release', ...of).steps[0]?.modes.map(
    ({ environment, blastClass, mode, services }) => `${environment} ${blastClass} ${mode}: ${services.join(', ')}`,
  );

describe('how far a runbook may go by itself', () => {
  test('is said per environment and class, for the services for which it holds', () => {
    expect(modes()).toEqual([
      'production B2 approve: Checkout, Payments, Catalogue, Search',
      'production B3 approve: Checkout, Payments, Catalogue, Search',
      'staging B2 auto: Rehearsal',
      'staging B3 approve: Rehearsal',
    ]);
  });

  test('names the policy that says so, and whose yes it takes', () => {
    const [first] = runbook('bad-release').steps[0]?.modes ?? [];
    expect(first).toMatchObject({
      action: 'roll-back-deployment',
      because: ['policy production says approve for B2 in production'],
      yes: expect.stringContaining('one yes of a commander'),
    });
  });

  test('follows a policy of your own for one service, and leaves the others alone', () => {
    const own = ownPolicy('checkout-auto', 'select: { services: [checkout] }', 'modes: { B2: auto }');
    expect(modes({}, own)?.slice(0, 2)).toEqual([
      'production B2 auto: Checkout',
      'production B2 approve: Payments, Catalogue, Search',
    ]);
  });

  test('is less after a run that made things worse, with the reason, and only there', () => {
    const results = [aResult('harmful', { environment: 'staging' })];
    const found = runbook('bad-release', { results }).steps[0]?.modes ?? [];
    expect(found.find(({ environment }) => environment === 'staging')).toMatchObject({
      mode: 'approve',
      because: [expect.any(String), 'bad-release version 1 is not trusted any more: it made things worse once'],
    });
    expect(found[0]?.because).toHaveLength(1);
  });

  test('is less while a window is closed, and not when it is open', () => {
    const freeze = (to: string) =>
      ownPolicy(
        'peak',
        `freeze: [{ name: peak, reason: the sale, from: "2026-03-01T00:00:00Z", to: "${to}", capMode: observe }]`,
      );
    expect(modes({}, freeze('2026-03-05T00:00:00Z'))?.every((mode) => mode.includes(' observe: '))).toBe(true);
    expect(modes({}, freeze('2026-03-02T00:00:00Z'))).toEqual(modes());
  });

  test('is less only for the services of a window that is about some', () => {
    const window = '{ name: till, reason: month end, from: "2026-03-01T00:00:00Z", to: "2026-03-09T00:00:00Z"';
    const own = ownPolicy('till', `freeze: [${window}, capMode: recommend, scope: { services: [payments] } }]`);
    expect(modes({}, own)).toContain('production B2 recommend: Payments');
    expect(modes({}, own)).toContain('production B2 approve: Checkout, Catalogue, Search');
  });

  test('is only to recommend itself for the target whose breaker is open', () => {
    const open = { runbook: 'bad-release', until: '2026-03-04T15:00:00.000Z', because: 'it came back twice' };
    const facts = { breakers: [{ ...open, targetKey: 'sandbox/Deployment/shop/checkout' }] };
    expect(modes(facts)).toContain('production B2 recommend: Checkout');
    expect(modes(facts)).toContain('production B2 approve: Payments, Catalogue, Search');
    expect(runbook('bad-release', facts).breakers).toEqual([
      { target: 'sandbox/Deployment/shop/checkout', until: open.until, because: open.because },
    ]);
    expect(runbook('crash-loop', facts).breakers).toEqual([]);
  });

  test('is only to recommend itself while many services are unwell', () => {
    const unwell = ['a', 'b', 'c', 'd', 'e', 'f'].map((service) => ({ service, from: at, to: null }));
    expect(modes({ unwell })?.every((mode) => mode.includes(' recommend: '))).toBe(true);
    expect(modes({ unwell: unwell.slice(1) })).toEqual(modes());
  });

  test('takes the class of a switch from the catalogue', () => {
    const steps = runbook('dependency-failure').steps.flatMap((step) => step.modes);
    expect(steps.map(({ blastClass, services }) => `${blastClass} ${services}`)).toEqual([
      'B1 Payments',
      'B1 Catalogue',
    ]);
  });

  test('says so where no service of the catalogue has such a target', () => {
    const [, argo] = runbook('bad-release').steps;
    expect(argo).toMatchObject({ modes: [], nowhere: expect.stringContaining('No service of the catalogue') });
  });
});

describe('how well a runbook did', () => {
  test('is told with the threshold it is measured by and what follows', () => {
    const { trust, practice } = runbook('bad-release', {
      results: Array.from({ length: 10 }, () => aResult('verified')),
    });
    expect(trust).toMatchObject([
      { runs: 10, verified: 10, suggestion: 'promote', promoteFrom: { runs: 10, bound: 0.7 } },
    ]);
    expect(trust[0]?.bound).toBeCloseTo(0.722, 3);
    expect(trust[0]?.follows).toBe('a policy may let it act without a question');
    expect(practice).toEqual([]);
  });

  test('in drills is told apart, and changes no mode', () => {
    const facts = { practised: [aResult('harmful', { environment: 'staging' })] };
    expect(runbook('bad-release', facts)).toMatchObject({
      trust: [],
      practice: [{ harmful: 1, suggestion: 'demoted' }],
    });
    expect(modes(facts)).toEqual(modes());
  });

  test('by another version is not its own', () => {
    expect(runbook('bad-release', { results: [aResult('harmful', { version: 7 })] }).trust).toEqual([]);
  });
});

describe('a stop', () => {
  const by = { id: 'dana', name: 'Dana Whitfield' };
  const stop = (scope: string) => ({ stops: [{ scope, reason: 'a storm', by, since: at }] });

  test.each(['global', 'runbook/bad-release'])('of %s covers all of it', (scope) => {
    expect(runbook('bad-release', stop(scope)).stops).toMatchObject([{ scope, steps: null, by }]);
  });
  test('of an action covers the steps that come to it, by either of its names', () => {
    expect(runbook('bad-release', stop('action/roll-back-deployment')).stops).toMatchObject([{ steps: ['rollBack'] }]);
    expect(runbook('bad-release', stop('action/argo-cd-roll-back')).stops).toMatchObject([
      { steps: ['rollBackInArgoCd'] },
    ]);
  });
  test.each(['runbook/crash-loop', 'action/drain-node'])('of %s does not cover it', (scope) => {
    expect(runbook('bad-release', stop(scope)).stops).toEqual([]);
  });
});

describe('the policies', () => {
  test('are read aloud environment by environment, production first and any other last', () => {
    const said = board().grounds.map(({ environment, policies, classes }) => [
      environment,
      policies.join(' '),
      classes.map(({ mode }) => mode).join(' '),
    ]);
    expect(said).toEqual([
      ['production', 'default production', 'approve approve approve off'],
      ['staging', 'default elsewhere', 'auto auto approve off'],
      [null, 'default elsewhere', 'auto auto approve off'],
    ]);
  });

  test('that say something else for some services are read aloud for these', () => {
    const own = ownPolicy('shop-off', 'select: { namespaces: [shop] }', 'modes: { B2: off }');
    const [, shop] = board({}, own).grounds;
    expect(shop).toMatchObject({
      environment: 'production',
      services: ['Checkout', 'Payments', 'Catalogue', 'Search'],
      policies: ['shop-off', 'default', 'production'],
    });
    expect(shop?.classes[1]).toMatchObject({ mode: 'off', by: 'shop-off', yes: null });
  });

  test('are listed with their files and what they are about', () => {
    const own = ownPolicy('pods', 'select: { environments: [production], runbooks: [crash-loop] }');
    expect(board({}, own).policies.at(-1)).toEqual({
      name: 'pods',
      file: 'pods.yaml',
      builtIn: false,
      owner: 'shop',
      description: null,
      where: 'in production, runbook crash-loop',
    });
    expect(board().policies.map(({ where }) => where)).toEqual([
      'everywhere',
      'outside of production',
      'in production',
    ]);
  });

  test('say which windows are closed now and when the others will be', () => {
    const own = ownPolicy(
      'peak',
      'select: { environments: [production] }',
      'freeze:',
      '  - { name: weekends, reason: few people, timezone: Europe/Berlin, weekly: [{ days: [sat, sun], from: "00:00", to: "24:00" }] }',
      '  - { name: sale, reason: much to lose, from: "2026-03-01T00:00:00Z", to: "2026-03-09T00:00:00Z", capMode: recommend }',
    );
    expect(board({}, own).freezes).toMatchObject([
      { name: 'sale', closed: true, capMode: 'recommend', where: 'in production', policy: 'peak' },
      {
        name: 'weekends',
        closed: false,
        when: 'each week sat, sun 00:00 to 24:00, by the clock of Europe/Berlin',
      },
    ]);
  });
});
