/** The page of runbooks promises what the effect decides: both are asked, about the same change at the same moment. */
import { describe, expect, test } from 'vitest';
import type { RemediationDependencies } from '../../activities/run/context.ts';
import { decideMode } from '../../activities/run/mode.ts';
import { targetKey } from '../../src/domain/remediation/target.ts';
import { type BoardFacts, runbookBoard } from '../../src/domain/runbook/board.ts';
import { readRemediationFiles } from '../../src/packs/remediation-sources.ts';
import { loadRunbookLibrary } from '../../src/packs/runbook-library.ts';
import type { RemediationPolicy } from '../../src/schema/remediation-policy.ts';
import { anIncidentContext } from '../support/activity-world.ts';
import { aStore } from '../support/kube/remediation-store.ts';
import { ownPolicy } from '../support/policies.ts';
import { aResult, quietBoard } from '../support/quiet-board.ts';
import { sandboxOrganisation as organisation } from '../support/sandbox-organisation.ts';

const files = readRemediationFiles();
const library = loadRunbookLibrary();
const at = '2026-03-04T12:00:00.000Z';
const runbook = {
  name: 'bad-release',
  version: 1,
  title: 'Errors after a deployment',
  builtIn: true,
  step: 'rollBack',
};
const target = { cluster: 'sandbox', kind: 'Deployment', namespace: 'shop', name: 'checkout' };

const nowhere = (what: string) => () => {
  throw new Error(`the test knows no ${what}`);
};

const asked = async (facts: Facts, policies: readonly RemediationPolicy[]) => {
  const store = aStore();
  store.trust = { ...store.trust, outcomes: async () => (facts.results ?? []).map(({ outcome }) => outcome) };
  store.limits = {
    ...store.limits,
    breaker: async () => facts.breakers?.[0] ?? null,
    unwellServices: async () => [...(facts.unwell ?? [])],
  };
  const dependencies: RemediationDependencies = {
    store,
    organisation,
    library,
    policies,
    now: () => Date.parse(at),
    approvalKey: null,
    connect: nowhere('connections'),
    cluster: nowhere('cluster'),
    database: nowhere('database'),
    endpoint: nowhere('endpoint'),
    log: { info: () => undefined, warn: () => undefined },
  };
  const { mode, because } = await decideMode(dependencies, {
    incident: anIncidentContext({ team: 'shop', declaredAt: at }),
    remediationId: null,
    target,
    blastClass: 'B2',
    runbook,
    circumstances: { emergency: null, takesBackChangeOf: null, dataSuspicion: false },
    action: 'roll-back-deployment',
  });
  return { mode, because };
};

type Facts = Partial<Pick<BoardFacts, 'results' | 'breakers' | 'unwell'>>;

const shown = (facts: Facts, policies: readonly RemediationPolicy[]) => {
  const board = runbookBoard(
    { ...files, policies: policies.map((policy) => ({ policy, file: 'x.yaml', owner: null, description: null })) },
    quietBoard({ at, organisation, ...facts }),
  );
  const step = board.runbooks.find(({ name }) => name === 'bad-release')?.steps[0];
  const found = step?.modes.find(({ blastClass, services }) => blastClass === 'B2' && services.includes('Checkout'));
  return { mode: found?.mode, because: found?.because };
};

const builtIn = files.policies.map(({ policy }) => policy);
const auto = ownPolicy('auto', 'select: { services: [checkout] }', 'modes: { B2: auto }');
const frozen = ownPolicy(
  'sale',
  'freeze: [{ name: sale, reason: much to lose, from: "2026-03-01T00:00:00Z", to: "2026-03-09T00:00:00Z" }]',
);
const harmful = aResult('harmful', { signature: '' });
const open = {
  runbook: 'bad-release',
  targetKey: targetKey(target),
  until: '2026-03-04T13:00:00.000Z',
  because: 'again',
};
const unwell = ['a', 'b', 'c', 'd', 'e', 'f'].map((service) => ({ service, from: at, to: null }));

describe('what the page says of a step is what the effect decides', () => {
  test.each<[string, string, Facts, RemediationPolicy[]]>([
    ['as Muster comes', 'approve', {}, []],
    ['under a policy of your own', 'auto', {}, [auto]],
    ['while a window is closed', 'approve', {}, [auto, frozen]],
    ['after it made things worse', 'approve', { results: [harmful] }, [auto]],
    ['while its breaker is open', 'recommend', { breakers: [open] }, [auto]],
    ['while many services are unwell', 'recommend', { unwell }, [auto]],
  ])('%s', async (_, mode, facts, own) => {
    const policies = [...builtIn, ...own];
    const decided = await asked(facts, policies);
    expect(decided.mode).toBe(mode);
    expect(shown(facts, policies)).toEqual(decided);
  });
});
