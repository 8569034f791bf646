import { Session } from '../../src/schema/database.ts';
import { defineAction, Refused } from './action.ts';
import { findSessions, isStillMeant, type Planned, plannedFor, SessionState, sessionParams } from './session-choice.ts';
import { sessionDraft } from './session-draft.ts';
import { sessionGuards, sessionsSettled } from './session-guards.ts';

const groups = ['blockers', 'longQueries'] as const;

/** Ends the statement that a session runs and leaves the session. A statement that came after it is left alone. */
export const cancelQuery = defineAction({
  name: 'cancel-query',
  version: 1,
  title: 'Cancel running statements of a database',
  kinds: ['Database'],
  weighsAs: 'scale',
  params: sessionParams(groups),
  permissions: [],

  async draft(context, params) {
    const found = await findSessions(context, params, { runningOnly: true, groups });
    const quiet = found.chosen.find(({ planned, session }) => !stillRuns(planned, session));
    if (quiet)
      throw new Refused(
        `session ${quiet.session.pid} runs no statement (${quiet.session.state}); end it with terminate-session`,
      );
    return sessionDraft(context.target, found, 'cancel', {
      one: ({ pid }) => `Cancel the statement of session ${pid}`,
      many: (count) => `Cancel the statements of ${count} sessions`,
      after: 'its statement has ended, the session stays',
      undo: 'Nothing brings a statement back: its client has to ask again.',
      risks: ['Clients get an error, and what their transactions have changed so far is rolled back.'],
    });
  },

  assess: async (context, step) => ({
    blastClass: 'B1',
    guards: await sessionGuards(context, SessionState.parse(step.before)),
  }),

  observe(fresh, step, request) {
    const planned = plannedFor(SessionState.parse(step.before), request);
    const session = Session.parse(fresh);
    if (planned && !stillRuns(planned, session)) return 'applied';
    return planned && isStillMeant(planned, session) ? 'pending' : 'needless';
  },

  absent: () => 'applied',

  settled: (context, step) => sessionsSettled(context, SessionState.parse(step.before), stillRuns),
});

const stillRuns = (planned: Planned, { state, queryStart }: Session): boolean =>
  state === 'active' && queryStart !== null && queryStart === planned.queryStart;
