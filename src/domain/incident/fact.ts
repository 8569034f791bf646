import type { AlertReference } from '../../schema/alert.ts';
import type { Actor, RoleName, Room, Said } from '../../schema/incident.ts';
import type { RemediationStatus, Target } from '../../schema/remediation.ts';
import type { ChosenRunbook } from '../../schema/runbook.ts';
import type { NextMethod } from './contacts.ts';
import type { OfferedRole } from './role-hand-over.ts';
import type { Before } from './severity-change.ts';
import type { NextContact, OpenPage } from './state.ts';
import type { Story } from './story.ts';

/** What happened, in workflow time. The only way an incident changes is `evolve(state, fact, rules)`. */
export type Fact = { at: number } & (
  | { kind: 'declared' }
  | { kind: 'alertsAttached'; batchId: string; alerts: AlertReference[] }
  | {
      kind: 'paged';
      duty: string;
      /** Key of the page, of which further contact methods are the continuation. */
      step: string;
      reached: (OpenPage & { via: string; rings: boolean; next?: NextMethod })[];
      failed: { name: string; because: string }[];
      nobodyOnDuty: boolean;
      why: string;
    }
  | { kind: 'pageUnknown'; duty: string; because: string; why: string }
  | { kind: 'contactTried'; contact: NextContact }
  | { kind: 'noticeDue'; key: string; why: string }
  | { kind: 'stepsPassedOver'; keys: string[] }
  | { kind: 'stepFired'; key: string }
  | { kind: 'acknowledged'; by: Actor; note: string | null }
  | { kind: 'acknowledgementExpired'; why: string }
  | { kind: 'responseLate'; why: string }
  | { kind: 'escalated'; by: Actor; reason: string; duty: string }
  | { kind: 'severityChanged'; by: Actor; to: string; reason: string | null }
  | { kind: 'policyApplied'; by: Actor; severity: string; before: Before; reason: string; summary: string[] }
  | { kind: 'roleTaken'; by: Actor; role: RoleName; person: string; name: string }
  | ({ kind: 'roleOffered' } & OfferedRole)
  | { kind: 'roleHandedOver'; by: Actor; role: RoleName }
  | { kind: 'rolesAsked'; missing: RoleName[]; why: string }
  | { kind: 'roomOpened'; room: Room }
  | { kind: 'roomFailed'; because: string }
  | {
      kind: 'updateGiven';
      by: Actor;
      text: string;
      status: 'investigating' | 'identified' | 'mitigating' | null;
      said?: Said;
    }
  | { kind: 'updateMissed'; how: 'autoPost' | 'page'; why: string }
  | { kind: 'reminded'; why: string }
  | { kind: 'publicUpdateAsked'; by: Actor; text: string; said?: Said }
  | { kind: 'publicUpdateMissed'; how: 'autoPost' | 'page'; why: string }
  | { kind: 'publicPosted'; url: string | null; replaced: string | null; automatic: boolean }
  | { kind: 'noted'; by: Actor; text: string }
  | {
      kind: 'diagnosed';
      finding: string;
      suspects: { what: string; score: number; reasons: string[] }[];
      missing: string[];
      /** The runbook that fits, or goes on. */
      runbook: ChosenRunbook | null;
    }
  | { kind: 'diagnosisFailed'; because: string }
  | {
      kind: 'remediationStarted';
      id: string;
      action: string;
      target: Target;
      by: Actor;
      because: string;
      /** Of the runbook. */
      step: string | null;
    }
  | {
      kind: 'remediationJoined';
      remediationId: string;
      incidentId: string;
      action: string;
      target: Target;
      what: string;
    }
  | { kind: 'remediationNotStarted'; because: string }
  | { kind: 'remediationEnded'; status: RemediationStatus; outcome: string; did: string; tasks: string[] }
  | { kind: 'mitigated'; by: Actor; note: string | null; cause: string | null }
  | { kind: 'holdStarted'; by: Actor; note: string | null; cause: string | null; why: string }
  | { kind: 'holdSampled'; value: number | null; healthy: boolean | null }
  | { kind: 'reopened'; by: Actor; reason: string; regression: boolean }
  | { kind: 'resolved'; why: string }
  | { kind: 'cancelled'; by: Actor; reason: string }
  | { kind: 'deliveryFailed'; what: string; because: string }
  | { kind: 'followUpStarted' }
);

/** What each kind of fact does to an incident: its state, its timeline and who hears of it. */
export type Tellings = { [Kind in Fact['kind']]: (story: Story, fact: Extract<Fact, { kind: Kind }>) => void };
