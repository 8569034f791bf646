import { sessionGroups } from '../../src/domain/remediation/sessions.ts';
import { Session } from '../../src/schema/database.ts';
import { defineAction } from './action.ts';
import { findSessions, isStillMeant, plannedFor, SessionState, sessionParams } from './session-choice.ts';
import { sessionDraft } from './session-draft.ts';
import { sessionGuards, sessionsSettled } from './session-guards.ts';

const byDefault = ['idleInTransaction', 'blockers', 'longQueries'] as const;

/**
 * Ends sessions of a database, one by one, each only while it still does what it was chosen for. The server looks once
 * more in the very statement that ends it, so that neither a process number used again nor a second run hits another.
 */
export const terminateSession = defineAction({
  name: 'terminate-session',
  version: 1,
  title: 'End sessions of a database',
  kinds: ['Database'],
  weighsAs: 'scale',
  params: sessionParams(sessionGroups),
  permissions: [],

  async draft(context, params) {
    const found = await findSessions(context, params, { runningOnly: false, groups: byDefault });
    const hasIdle = found.chosen.some(({ planned }) => planned.group === 'idle');
    return sessionDraft(context.target, found, 'terminate', {
      one: ({ pid }) => `End session ${pid}`,
      many: (count) => `End ${count} sessions`,
      after: 'ended',
      undo: 'Nothing brings a session back: its client has to connect again.',
      risks: [
        'Open transactions of these sessions are rolled back; a large one holds its locks until that is done.',
        ...(hasIdle ? ['Pools connect again at once and all together: the number of connections may not fall.'] : []),
      ],
    });
  },

  assess: async (context, step) => ({
    blastClass: 'B1',
    guards: await sessionGuards(context, SessionState.parse(step.before)),
  }),

  observe(fresh, step, request) {
    const planned = plannedFor(SessionState.parse(step.before), request);
    return planned && isStillMeant(planned, Session.parse(fresh)) ? 'pending' : 'needless';
  },

  absent: () => 'applied',

  settled: (context, step) => sessionsSettled(context, SessionState.parse(step.before), () => true),
});
