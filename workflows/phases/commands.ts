import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import { refusalToAccept } from '../../src/domain/incident/role-hand-over.ts';
import { beforeChange } from '../../src/domain/incident/severity-change.ts';
import { isOver, transitions } from '../../src/domain/incident/state.ts';
import type { IncidentView, RoleName } from '../../src/schema/incident.ts';
import type { Desk } from '../desk.ts';
import * as messages from '../messages.ts';
import { startHold } from './holding.ts';
import { pageDuty, quietPhones } from './paging.ts';
import { hearRuns, startRemediation } from './remediating.ts';

/**
 * Commands of people and alerts of monitors. Handlers exist before the incident does (an update without a handler would
 * be refused), so they reach the desk through the inbox; signals that come early wait in it.
 */
export interface Inbox {
  desk: Desk | null;
  early: messages.AttachAlerts[];
}

export const registerCommands = (): Inbox => {
  const inbox: Inbox = { desk: null, early: [] };
  setHandler(messages.attachAlerts, (batch) => {
    if (inbox.desk) attach(inbox.desk, batch);
    else inbox.early.push(batch);
  });
  setHandler(messages.view, () => deskOf(inbox).view);
  hearRuns(() => inbox.desk);

  const onUpdate = <C extends messages.Command>(
    definition: ReturnType<typeof messages.command<C>>,
    act: (desk: Desk, command: C) => void,
    check: (desk: Desk, command: C) => void = () => undefined,
  ): void => {
    setHandler(
      definition,
      (command: C): IncidentView => {
        const desk = deskOf(inbox);
        act(desk, command);
        return desk.view;
      },
      {
        validator: (command: C) => {
          const desk = deskOf(inbox);
          refuseWhenOver(desk);
          check(desk, command);
        },
      },
    );
  };

  onUpdate(messages.acknowledge, (desk, { by, note }) => {
    // A second yes changes nothing: the first one stopped the paging.
    if (desk.state.acknowledged) return;
    desk.take({ kind: 'acknowledged', by, note: note ?? null });
    quietPhones(desk, 'acknowledge');
  });
  onUpdate(
    messages.escalate,
    (desk, { by, reason, to }) => {
      const duty = to ?? nextDuty(desk);
      desk.take({ kind: 'escalated', by, reason, duty });
      pageDuty(desk, {
        duty,
        step: `escalation-${desk.state.entryCount}-${duty}`,
        why: `${by.name} escalated: ${reason}`,
      });
    },
    (desk, { to }) => {
      if (to && !knownDuties(desk).includes(to))
        refuse('invalidInput', `${to} is no duty of this ladder; choose one of ${knownDuties(desk).join(', ')}`);
    },
  );
  onUpdate(
    messages.changeSeverity,
    (desk, { by, severity, reason }) => {
      if (severity === desk.state.severity) return;
      desk.take({ kind: 'severityChanged', by, to: severity, reason: reason ?? null });
    },
    (desk, { severity }) => {
      const known = Object.keys(desk.rules.policy.severities);
      if (!known.includes(severity))
        refuse(
          'invalidInput',
          `${severity} is not a severity of ${desk.rules.policy.pack}; choose one of ${known.join(', ')}`,
        );
    },
  );
  onUpdate(
    messages.applyPolicy,
    (desk, { by, policy, severity, roster, moments, reason, summary }) => {
      const before = beforeChange(desk.state, desk.rules);
      desk.rules = { policy, roster, moments };
      desk.policyIsNew = true;
      desk.take({ kind: 'policyApplied', by, severity, before, reason, summary });
    },
    (_, { policy, severity }) => {
      const known = Object.keys(policy.severities);
      if (!known.includes(severity))
        refuse('invalidInput', `${severity} is not a severity of ${policy.pack}; choose one of ${known.join(', ')}`);
    },
  );
  onUpdate(messages.takeRole, (desk, { by, role, person, name }) =>
    desk.take({ kind: 'roleTaken', by, role, person, name }),
  );
  onUpdate(messages.offerRole, (desk, { by, role, person, name, why }) => {
    const { roles, offers } = desk.state;
    // Asked already, or theirs already: asking twice is asking once.
    if (roles[role]?.person === person || offers?.[role]?.person === person) return;
    desk.take({ kind: 'roleOffered', by, role, person, name, why: why ?? null });
  });
  onUpdate(
    messages.acceptRole,
    (desk, { by, role, person }) => {
      if (!isHeldBy(desk, role, person ?? by.id)) desk.take({ kind: 'roleHandedOver', by, role });
    },
    (desk, command) => {
      if (isHeldBy(desk, command.role, command.person ?? command.by.id)) return;
      const refusal = refusalToAccept(desk.state, command);
      if (refusal) refuse(refusal.code, refusal.message);
    },
  );
  onUpdate(messages.postUpdate, (desk, { by, text, audience, status, ...said }) => {
    if (audience === 'public') desk.take({ kind: 'publicUpdateAsked', by, text, said });
    else desk.take({ kind: 'updateGiven', by, text, status: status ?? null, said });
  });
  onUpdate(messages.addNote, (desk, { by, text }) => desk.take({ kind: 'noted', by, text }));
  onUpdate(
    messages.mitigate,
    (desk, { by, note, cause }) => desk.take({ kind: 'mitigated', by, note: note ?? null, cause: cause ?? null }),
    (desk) => {
      if (desk.state.hold)
        refuse('conflict', 'the hold is running already; reopen the incident if it is not mitigated');
    },
  );
  onUpdate(messages.resolve, (desk, { by, note, cause }) => {
    if (desk.state.hold) return;
    startHold(desk, { by, note: note ?? null, cause: cause ?? null, why: `${by.name} said resolved` });
    quietPhones(desk, 'acknowledge');
  });
  onUpdate(
    messages.reopen,
    (desk, { by, reason }) => desk.take({ kind: 'reopened', by, reason, regression: false }),
    (desk) => {
      if (!desk.state.hold)
        refuse('conflict', 'only an incident in its hold can be reopened; this one is open already');
    },
  );
  onUpdate(messages.cancel, (desk, { by, reason }) => {
    desk.take({ kind: 'cancelled', by, reason });
  });
  onUpdate(
    messages.proposeRemediation,
    (desk, { by, remediationId, action, target, params, because, emergency }) =>
      startRemediation(desk, { id: remediationId, by, action, target, params, because, emergency }),
    (desk) => {
      if (desk.state.remediation)
        refuse('conflict', `remediation ${desk.state.remediation.id} is running; wait for it or deny it first`);
    },
  );
  return inbox;
};

export const answerCommands = (inbox: Inbox, desk: Desk): void => {
  inbox.desk = desk;
  for (const batch of inbox.early.splice(0)) attach(desk, batch);
};

const attach = (desk: Desk, batch: messages.AttachAlerts): void => {
  const { state } = desk;
  if (state.batches.includes(batch.batchId)) return;
  if (isOver(state.status)) {
    desk.late.push(...batch.alerts.filter((alert) => alert.status === 'firing'));
    desk.stir();
    return;
  }
  desk.take({ kind: 'alertsAttached', batchId: batch.batchId, alerts: batch.alerts });
  const monitor = {
    kind: 'monitor' as const,
    id: batch.alerts[0]?.source ?? 'monitor',
    name: batch.alerts[0]?.source ?? 'monitor',
  };
  if (batch.severity && worse(desk, batch.severity)) {
    desk.take({ kind: 'severityChanged', by: monitor, to: batch.severity, reason: 'a new alert is worse' });
  }
  const { hold } = desk.state;
  const back =
    hold && batch.alerts.find((alert) => alert.status === 'firing' && Date.parse(alert.startsAt) > hold.startedAt);
  if (back)
    desk.take({
      kind: 'reopened',
      by: monitor,
      reason: `a new alert came during the hold: ${back.title}`,
      regression: true,
    });
};

/** A second acceptance of the same person changes nothing. */
const isHeldBy = (desk: Desk, role: RoleName, person: string): boolean => desk.state.roles[role]?.person === person;

const worse = (desk: Desk, severity: string): boolean => {
  const { severities } = desk.rules.policy;
  const [now, then] = [severities[desk.state.severity], severities[severity]];
  return now !== undefined && then !== undefined && then.rank < now.rank;
};

/** The first duty of the ladder nobody was paged for yet, else its top. */
const nextDuty = (desk: Desk): string => {
  const ladder = desk.rules.policy.severities[desk.state.severity]?.ladder ?? [];
  const open = ladder.find((step) => !desk.state.ladderDone.some((key) => key.includes(`-${step.page}-`)));
  return open?.page ?? ladder.at(-1)?.page ?? 'on-call';
};

const knownDuties = (desk: Desk): string[] => [
  ...new Set(
    Object.values(desk.rules.policy.severities).flatMap((severity) => severity.ladder.map((step) => step.page)),
  ),
];

const deskOf = (inbox: Inbox): Desk =>
  inbox.desk ?? refuse('conflict', 'this incident is still being declared; ask again in a second');

const refuseWhenOver = (desk: Desk): void => {
  const { status, id } = desk.state;
  if (transitions[status].length === 0 || isOver(status))
    refuse('conflict', `${id} is ${status}; declare a new incident if it is back`);
};

/** The type is a code of src/domain/errors.ts: the client turns it back into that error. */
const refuse = (code: 'conflict' | 'invalidInput' | 'notPermitted', message: string): never => {
  throw ApplicationFailure.create({ type: code, message, nonRetryable: true });
};
