import type { Session } from '../../src/schema/database.ts';
import type { PostgresRequest, Target } from '../../src/schema/remediation.ts';
import type { Draft } from './action.ts';
import { type Found, requestFor, stateOf } from './session-choice.ts';
import { sessionInWords, sparedWords } from './session-words.ts';

interface Words {
  /** What is done to one: "End session 4711". */
  one(session: Session): string;
  many(count: number): string;
  /** What is true of a session afterwards. */
  after: string;
  undo: string;
  risks: string[];
}

/** One request per session, in the order of the choice. Nothing takes any of them back. */
export const sessionDraft = (
  { cluster, name }: Target,
  found: Found,
  statement: PostgresRequest['statement'],
  words: Words,
): Draft => {
  const { activity, chosen, spared, left } = found;
  const place = `of ${name} on ${cluster}`;
  const [first] = chosen;
  return {
    uid: activity.identity,
    sentence:
      first && chosen.length === 1
        ? `${words.one(first.session)} ${place}: ${first.session.application || 'unnamed'} as ${first.session.user}`
        : `${words.many(chosen.length)} ${place}`,
    before: stateOf(found),
    desired: { ended: words.after },
    requests: chosen.map(({ planned }) => requestFor(statement, planned)),
    inverse: null,
    differences: chosen.map(({ session }) => ({
      path: `session ${session.pid}`,
      before: sessionInWords(session),
      after: words.after,
    })),
    undo: words.undo,
    risks: [
      ...words.risks,
      ...(left > 0 ? ['There are more like these, beyond what one run may end.'] : []),
      ...(spared.length > 0 ? [`Spared: ${sparedWords(spared)}.`] : []),
    ],
  };
};
