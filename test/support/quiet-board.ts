import type { TrustEntry } from '../../src/domain/remediation/trust.ts';
import type { BoardFacts } from '../../src/domain/runbook/board.ts';
import { runbookActions } from '../../src/schema/runbook-actions.ts';

/** What the board of runbooks is told where nothing ran and nothing is stopped. */
export const quietBoard = (facts: Pick<BoardFacts, 'at' | 'organisation'> & Partial<BoardFacts>): BoardFacts => ({
  results: [],
  practised: [],
  stops: [],
  breakers: [],
  unwell: [],
  classesOf: (action) => runbookActions.get(action)?.classes ?? [],
  ...facts,
});

/** Of the roll-back of bad-release in production. */
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
