/**
 * The incident's remote control: every signal, update and query with its payload.
 * Updates are commands of people: validated, answered, and without history when refused.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { RunOutcome } from '../activities/index.ts';
import type { AlertReference } from '../src/schema/alert.ts';
import type { ActionItem } from '../src/schema/api.ts';
import type { Actor, IncidentView, RoleName, Said } from '../src/schema/incident.ts';
import type { Moments, Policy } from '../src/schema/policy.ts';
import type { RemediationView, Target } from '../src/schema/remediation.ts';
import type { ShiftView } from '../src/schema/shift.ts';

export interface Command {
  by: Actor;
}
export type AttachAlerts = { batchId: string; alerts: AlertReference[]; severity: string | null };
export type Acknowledge = Command & { note?: string | undefined };
export type Escalate = Command & { reason: string; to?: string | undefined };
export type ChangeSeverity = Command & { severity: string; reason?: string | undefined };
export type TakeRole = Command & { role: RoleName; person: string; name: string };
/** `why`: what makes Muster offer it; absent where a person does. */
export type OfferRole = Command & { role: RoleName; person: string; name: string; why?: string | undefined };
/** `onBehalf`: whoever accepts may do so for others. `person`: only an offer to them is meant. */
export type AcceptRole = Command & { role: RoleName; onBehalf: boolean; person?: string | undefined };
export type PostUpdate = Command &
  Said & {
    text: string;
    audience: 'internal' | 'public';
    status?: 'investigating' | 'identified' | 'mitigating' | undefined;
  };
export type AddNote = Command & { text: string };
export type Mitigate = Command & { note?: string | undefined; cause?: string | undefined };
export type Resolve = Command & { note?: string | undefined; cause?: string | undefined };
export type Reopen = Command & { reason: string };
export type Cancel = Command & { reason: string };
/** The incident goes on under another policy; `summary` says in sentences what that changes. */
export type ApplyPolicy = Command & {
  policy: Policy;
  severity: string;
  roster: Record<string, string>;
  moments: Moments;
  reason: string;
  summary: string[];
};
export type Propose = Command & {
  remediationId: string;
  action: string;
  target: Target;
  params: Record<string, unknown>;
  because: string;
  /** Why it is wanted in spite of a freeze. */
  emergency?: string | undefined;
};

/** New fingerprints of this incident, coalesced by the intake; `batchId` makes a repeat one batch. */
export const attachAlerts = defineSignal<[AttachAlerts]>('attachAlerts');

/** Each answers with the incident as it is after the command. */
export const command = <C extends Command>(name: string) => defineUpdate<IncidentView, [C]>(name);
export const acknowledge = command<Acknowledge>('acknowledge');
export const escalate = command<Escalate>('escalate');
export const changeSeverity = command<ChangeSeverity>('changeSeverity');
export const takeRole = command<TakeRole>('takeRole');
export const offerRole = command<OfferRole>('offerRole');
export const acceptRole = command<AcceptRole>('acceptRole');
export const postUpdate = command<PostUpdate>('postUpdate');
export const addNote = command<AddNote>('addNote');
export const mitigate = command<Mitigate>('mitigate');
export const resolve = command<Resolve>('resolve');
export const reopen = command<Reopen>('reopen');
export const cancel = command<Cancel>('cancel');
export const applyPolicy = command<ApplyPolicy>('applyPolicy');
export const proposeRemediation = command<Propose>('proposeRemediation');

export const view = defineQuery<IncidentView>('view');

/** To a remediation's own workflow (see remediationWorkflowId). */
export type Decide = Command & {
  remediationId: string;
  planHash: string;
  reason?: string | undefined;
  /** See src/domain/remediation/approval-seal.ts: carried, and checked where it counts. */
  seal: string;
  /** When the API took it: part of the seal, so that an old yes cannot be used again. */
  sealedAt: string;
};
export const approve = defineUpdate<RemediationView, [Decide]>('approve');
export const deny = defineUpdate<RemediationView, [Decide]>('deny');

/** To a run: an incident that found its target taken waits for it too, or does so no more. */
export const join = defineSignal<[{ incidentId: string; workflowId: string }]>('join');
export const leave = defineSignal<[{ incidentId: string; because: string }]>('leave');
/** To what holds a further target for a run. */
export const release = defineSignal('release');

/** From a run to incidents. */
export type RemediationJoined = {
  remediationId: string;
  /** The incident it was started for. */
  incidentId: string;
  action: string;
  target: Target;
  what: string;
};
export type RemediationEnded = RunOutcome & { remediationId: string };
export const remediationJoined = defineSignal<[RemediationJoined]>('remediationJoined');
export const remediationEnded = defineSignal<[RemediationEnded]>('remediationEnded');
/** Nobody decided in time. */
export const remediationCalls =
  defineSignal<[{ remediationId: string; duty: string; why: string }]>('remediationCalls');

/** To the follow-up workflow. */
export { followUpWorkflowId } from '../src/domain/names.ts';
export const addActionItem = defineUpdate<
  ActionItem,
  [Command & { text: string; owner: string; dueAt?: string | undefined }]
>('addActionItem');
export const completeActionItem = defineUpdate<ActionItem, [Command & { id: string }]>('completeActionItem');
export const publishPostmortem = defineUpdate<void, [Command]>('publishPostmortem');

/** To the workflow of a schedule's shifts. `onBehalf`: whoever commands may do so for others. */
export { shiftWorkflowId } from '../src/domain/names.ts';
export type LeaveNote = Command & { text: string; onBehalf: boolean };
export type AcceptShift = Command & { onBehalf: boolean };
export const leaveNote = defineUpdate<ShiftView, [LeaveNote]>('leaveNote');
export const acceptShift = defineUpdate<ShiftView, [AcceptShift]>('acceptShift');
/** Overrides have changed: look at the schedule now. */
export const refreshShift = defineSignal('refreshShift');
export const shiftView = defineQuery<ShiftView>('shiftView');
