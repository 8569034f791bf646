/** The board of runbooks as the API makes it: what comes with Muster, one policy of your own, and what a test says happened. */
import { type BoardFacts, runbookBoard } from '../../../src/domain/runbook/board.ts';
import { readRemediationFiles } from '../../../src/packs/remediation-sources.ts';
import type { RunbookBoard } from '../../../src/schema/runbook-board.ts';
import { ownPolicy } from '../../support/policies.ts';
import { quietBoard } from '../../support/quiet-board.ts';
import { sandboxOrganisation as organisation } from '../../support/sandbox-organisation.ts';

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
    quietBoard({ at: new Date(now).toISOString(), organisation, ...facts }),
  );
