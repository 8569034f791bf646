/** The board of runbooks as the API makes it: what comes with Muster, one policy of your own, and what a test says happened. */
import { fileURLToPath } from 'node:url';
import { type BoardFacts, runbookBoard } from '../../../src/domain/runbook-board.ts';
import type { TrustEntry } from '../../../src/domain/trust.ts';
import { loadOrganisation } from '../../../src/packs/load.ts';
import { readRemediationFiles } from '../../../src/packs/remediation-sources.ts';
import { runbookActions } from '../../../src/schema/runbook-actions.ts';
import type { RunbookBoard } from '../../../src/schema/runbook-board.ts';
import { ownPolicy } from '../../support/policies.ts';

const organisation = loadOrganisation(
  fileURLToPath(new URL('../../../src/sandbox/organisation.yaml', import.meta.url)),
);
const files = readRemediationFiles([], organisation);
const own = ownPolicy(
  'shop',
  'select: { services: [checkout] }',
  'modes: { B2: recommend }',
  'freeze: [{ name: sale, reason: much to lose, timezone: UTC, weekly: [{ from: "00:00", to: "24:00" }] }]',
);

export const aRunbookBoard = (now: number, facts: Partial<BoardFacts> = {}): RunbookBoard =>
  runbookBoard(
    {
      ...files,
      policies: [...files.policies, { policy: own, file: 'shop.yaml', owner: 'shop', description: null }],
    },
    {
      at: new Date(now).toISOString(),
      organisation,
      results: [],
      practised: [],
      stops: [],
      breakers: [],
      unwell: [],
      classesOf: (action) => runbookActions.get(action)?.classes ?? [],
      ...facts,
    },
  );

export const aResult = (outcome: TrustEntry['outcome'], more: Partial<TrustEntry> = {}): TrustEntry => ({
  runbook: 'bad-release',
  version: 1,
  action: 'roll-back-deployment',
  environment: 'production',
  signature: 'CrashLoopBackOff',
  outcome,
  endedAt: '2026-03-04T12:00:00.000Z',
  ...more,
});
