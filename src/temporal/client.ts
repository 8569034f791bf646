/**
 * The way to Temporal: typed start, signal, update and query of the three workflows, every call with a deadline.
 * Connects lazily and again by itself, so that a process starts and serves while Temporal is away.
 */

import { randomUUID } from 'node:crypto';
import {
  Client,
  Connection,
  isGrpcServiceError,
  type ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import {
  ApplicationFailure,
  defineSearchAttributeKey,
  type SearchAttributePair,
  SearchAttributeType,
  type UpdateDefinition,
} from '@temporalio/common';
import type { IncidentInput, PlanResult } from '../../activities/index.ts';
import * as messages from '../../workflows/messages.ts';
import type { PreviewInput } from '../../workflows/preview.ts';
import {
  Conflict,
  type ErrorCode,
  InvalidInput,
  MusterError,
  NotFound,
  NotPermitted,
  Unavailable,
} from '../domain/errors.ts';
import { incidentWorkflowType, previewWorkflowType, remediationWorkflowId, taskQueue } from '../domain/names.ts';
import type { ActionItem } from '../schema/api.ts';
import type { Actor, IncidentView } from '../schema/incident.ts';
import type { RemediationView, Target } from '../schema/remediation.ts';
import type { TemporalConnectionOptions } from './connection-options.ts';

/** What intake and API hand over: the workflow's input with everything decided. */
export type IncidentStart = IncidentInput & { incidentId: string };
export type AttachAlerts = messages.AttachAlerts;

/** Commands of people to an incident and what each carries. */
export interface IncidentCommands {
  acknowledge: messages.Acknowledge;
  escalate: messages.Escalate;
  changeSeverity: messages.ChangeSeverity;
  takeRole: messages.TakeRole;
  offerRole: messages.OfferRole;
  acceptRole: messages.AcceptRole;
  postUpdate: messages.PostUpdate;
  addNote: messages.AddNote;
  mitigate: messages.Mitigate;
  resolve: messages.Resolve;
  reopen: messages.Reopen;
  cancel: messages.Cancel;
  applyPolicy: messages.ApplyPolicy;
  proposeRemediation: messages.Propose;
}
export type IncidentCommand = keyof IncidentCommands;
export type NewActionItem = { by: Actor; text: string; owner: string; dueAt?: string | undefined };

/**
 * What the rest of Muster may ask of running workflows. Throws Unavailable when Temporal or every worker is away
 * (the same `updateId` may then be sent again: it is carried out once), NotFound when the workflow does not run,
 * Conflict, InvalidInput or NotPermitted when the workflow refuses.
 */
export interface RemoteControl {
  /** Once per incident id, also after it closed: `alreadyStarted` is success. */
  startIncident(start: IncidentStart): Promise<'started' | 'alreadyStarted'>;
  /** NotFound: the incident has ended, nothing was attached. */
  attachAlerts(workflowId: string, batch: AttachAlerts): Promise<void>;
  command<Name extends IncidentCommand>(
    workflowId: string,
    name: Name,
    payload: IncidentCommands[Name],
    updateId: string,
  ): Promise<IncidentView>;
  decide(
    target: Target,
    verdict: 'approve' | 'deny',
    decision: messages.Decide,
    updateId: string,
  ): Promise<RemediationView>;
  /** What an action would do now; nothing is changed. Waits for a remediation worker. */
  preview(asked: PreviewInput): Promise<PlanResult>;
  addActionItem(incidentId: string, item: NewActionItem, updateId: string): Promise<ActionItem>;
  completeActionItem(incidentId: string, item: { by: Actor; id: string }, updateId: string): Promise<ActionItem>;
  /** The incident as its workflow knows it now; lists and pages read the store instead. */
  view(workflowId: string): Promise<IncidentView>;
  /** Throws Unavailable when Temporal does not answer. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export interface TemporalAddress extends TemporalConnectionOptions {
  namespace: string;
}

const callMsMax = 5_000;
/** An update waits for a worker and for what the handler does. */
const updateMsMax = 15_000;
/** Reading a cluster and asking it for a dry run, with a second attempt. */
const previewMsMax = 30_000;

const incidentUpdates: { [Name in IncidentCommand]: UpdateDefinition<IncidentView, [IncidentCommands[Name]]> } = {
  acknowledge: messages.acknowledge,
  escalate: messages.escalate,
  changeSeverity: messages.changeSeverity,
  takeRole: messages.takeRole,
  offerRole: messages.offerRole,
  acceptRole: messages.acceptRole,
  postUpdate: messages.postUpdate,
  addNote: messages.addNote,
  mitigate: messages.mitigate,
  resolve: messages.resolve,
  reopen: messages.reopen,
  cancel: messages.cancel,
  applyPolicy: messages.applyPolicy,
  proposeRemediation: messages.proposeRemediation,
};

/** Returns at once; the first call connects, and a lost connection is made again by the next call. */
export const connectRemoteControl = (to: TemporalAddress): RemoteControl => {
  const { namespace, ...options } = to;
  const connection = Connection.lazy({ ...options, connectTimeout: callMsMax });
  const client = new Client({ connection, namespace });
  const within = async <T>(what: string, msMax: number, ask: () => Promise<T>): Promise<T> => {
    try {
      return await connection.withDeadline(Date.now() + msMax, ask);
    } catch (error) {
      throw inOurWords(what, error);
    }
  };
  const update = <Result, Payload>(
    workflowId: string,
    definition: UpdateDefinition<Result, [Payload]>,
    payload: Payload,
    updateId: string,
  ): Promise<Result> =>
    within(`${definition.name} of ${workflowId}`, updateMsMax, () =>
      client.workflow.getHandle(workflowId).executeUpdate(definition, { args: [payload], updateId }),
    );
  const start = (incident: IncidentStart, attributes: SearchAttributePair[]): Promise<unknown> =>
    connection.withDeadline(Date.now() + callMsMax, () =>
      client.workflow.start(incidentWorkflowType, {
        workflowId: incident.incidentId,
        taskQueue,
        args: [incident],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        typedSearchAttributes: attributes,
        staticSummary: summaryOf(incident),
        staticDetails: detailsOf(incident),
      }),
    );

  return {
    async startIncident(incident) {
      try {
        await start(incident, searchAttributesOf(incident));
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return 'alreadyStarted';
        // A server that was never told about our attributes must not keep people from being paged.
        if (!namesSearchAttribute(error)) throw inOurWords(`start of ${incident.incidentId}`, error);
        return await startPlain(() => start(incident, []), incident.incidentId);
      }
      return 'started';
    },
    attachAlerts: (workflowId, batch) =>
      within(`new alerts of ${workflowId}`, callMsMax, () =>
        client.workflow.getHandle(workflowId).signal(messages.attachAlerts, batch),
      ),
    command: (workflowId, name, payload, updateId) => update(workflowId, incidentUpdates[name], payload, updateId),
    preview: (asked) =>
      within('preview', previewMsMax, () =>
        client.workflow.execute(previewWorkflowType, {
          workflowId: `preview/${randomUUID()}`,
          taskQueue,
          args: [asked],
          workflowExecutionTimeout: previewMsMax,
        }),
      ),
    decide: (target, verdict, decision, updateId) =>
      update(
        remediationWorkflowId(target),
        verdict === 'approve' ? messages.approve : messages.deny,
        decision,
        updateId,
      ),
    addActionItem: (incidentId, item, updateId) =>
      update(messages.followUpWorkflowId(incidentId), messages.addActionItem, item, updateId),
    completeActionItem: (incidentId, item, updateId) =>
      update(messages.followUpWorkflowId(incidentId), messages.completeActionItem, item, updateId),
    view: (workflowId) =>
      within(`state of ${workflowId}`, callMsMax, () => client.workflow.getHandle(workflowId).query(messages.view)),
    async ready() {
      await within('health of Temporal', callMsMax, () => connection.workflowService.getSystemInfo({}));
    },
    close: () => connection.close(),
  };
};

const startPlain = async (start: () => Promise<unknown>, id: string): Promise<'started' | 'alreadyStarted'> => {
  try {
    await start();
    return 'started';
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'alreadyStarted';
    throw inOurWords(`start of ${id}`, error);
  }
};

// --- what the Temporal UI shows -------------------------------------------------------------------------------------

/** Keywords by which incidents are found in Temporal; never encrypted by a codec, so they carry no free text. */
export const searchAttributes = {
  service: defineSearchAttributeKey('IncidentService', SearchAttributeType.KEYWORD),
  severity: defineSearchAttributeKey('IncidentSeverity', SearchAttributeType.KEYWORD),
  status: defineSearchAttributeKey('IncidentStatus', SearchAttributeType.KEYWORD),
  pack: defineSearchAttributeKey('IncidentPack', SearchAttributeType.KEYWORD),
  kind: defineSearchAttributeKey('IncidentKind', SearchAttributeType.KEYWORD),
  team: defineSearchAttributeKey('IncidentTeam', SearchAttributeType.KEYWORD),
};

const searchAttributesOf = (start: IncidentStart): SearchAttributePair[] => {
  const pairs: SearchAttributePair[] = [
    { key: searchAttributes.status, value: 'declared' },
    { key: searchAttributes.kind, value: start.drill ? 'drill' : 'live' },
  ];
  if (start.severity) pairs.push({ key: searchAttributes.severity, value: start.severity });
  if (start.service) pairs.push({ key: searchAttributes.service, value: start.service });
  if (start.policy) pairs.push({ key: searchAttributes.pack, value: start.policy.pack });
  const team = start.team ?? start.catalogue?.team;
  if (team) pairs.push({ key: searchAttributes.team, value: team });
  return pairs;
};

/** Temporal keeps about 200 bytes of summary and 20 kB of details. */
const summaryOf = (start: IncidentStart): string =>
  cut(`${start.drill ? 'Drill: ' : ''}${start.severity ?? ''} ${start.title}`.trim(), 190);

const detailsOf = (start: IncidentStart): string =>
  [
    `**${cut(start.title, 200)}**`,
    start.summary ? cut(start.summary, 2_000) : null,
    `Incident ${start.incidentId}, severity ${start.severity ?? 'not yet known'}, service ${start.service ?? 'unknown'}.`,
    start.declaredBy && start.declaredAt ? `Declared by ${start.declaredBy.name} at ${start.declaredAt}.` : null,
    start.continues ? `Continues ${start.continues}.` : null,
    start.drill ? 'This is a drill.' : null,
  ]
    .filter((line) => line !== null)
    .join('\n\n');

const cut = (text: string, bytesMax: number): string => {
  if (Buffer.byteLength(text) <= bytesMax) return text;
  // A cut character becomes U+FFFD, which is then dropped.
  return `${Buffer.from(text)
    .subarray(0, bytesMax - 3)
    .toString()
    .replace(/\uFFFD+$/, '')}...`;
};

// --- errors ---------------------------------------------------------------------------------------------------------

/** Temporal's errors as ours. Workflows throw ApplicationFailure whose `type` is one of our codes. */
export const inOurWords = (what: string, error: unknown): MusterError => {
  if (error instanceof MusterError) return error;
  if (error instanceof WorkflowNotFoundError) return new NotFound(`${what}: no such workflow runs`);
  if (error instanceof WorkflowUpdateFailedError) return refusal(error.cause ?? error);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    return new Unavailable(
      `${what}: no worker answered within ${updateMsMax / 1_000} s; it may still be carried out, so send it again with the same Idempotency-Key, and check that the worker runs`,
      error,
    );
  }
  return new Unavailable(
    `${what}: Temporal does not answer (${grpcReason(error)}); try again, and check that Temporal runs`,
    error,
  );
};

const refusal = (cause: Error): MusterError => {
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  const message = cause.message;
  switch (type as ErrorCode | undefined) {
    case 'invalidInput':
      return new InvalidInput(message);
    case 'notFound':
      return new NotFound(message);
    case 'notPermitted':
      return new NotPermitted(message);
    case 'unavailable':
      return new Unavailable(message, cause);
    default:
      return new Conflict(message);
  }
};

const grpcReason = (error: unknown): string => {
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  if (isGrpcServiceError(cause)) return `gRPC status ${cause.code}`;
  return error instanceof Error ? error.name : 'no reason given';
};

const namesSearchAttribute = (error: unknown): boolean => {
  const cause = (error as ServiceError | undefined)?.cause ?? error;
  const invalidArgument = 3;
  return isGrpcServiceError(cause) && cause.code === invalidArgument && /search attribute/i.test(cause.message);
};
