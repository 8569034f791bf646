import type { Said } from '../../schema/incident.ts';
import { instant } from '../duration.ts';
import type { Tellings } from './fact.ts';
import { elapsed, type IncidentState } from './state.ts';
import { muster, publicStatus, type Story } from './story.ts';

/** What the team and customers were told, and what they were promised. */
export const updates = {
  updateGiven(story, fact) {
    const { state } = story;
    if (fact.status) story.move(fact.status);
    remember(state, fact.said);
    state.doing = fact.text;
    story.promiseInternal();
    story.write(
      'updatePosted',
      fact.by,
      `${fact.by.name} posted update #${state.updates.internal.posted}: ${fact.text}`,
    );
    story.announce(
      'room',
      'update',
      { number: state.updates.internal.posted, doing: fact.text, nextUpdateAt: story.nextUpdateAt },
      { automatic: false },
    );
    keepCustomersInStep(story);
  },
  updateMissed(story, fact) {
    const { state } = story;
    const due = state.updates.internal.dueAt ?? fact.at;
    if (fact.how === 'autoPost') {
      story.promiseInternal();
      story.write(
        'updateMissed',
        muster,
        `Nobody wrote the update due at ${clock(due)}; posted holding update #${state.updates.internal.posted}.`,
        { why: fact.why },
      );
      story.announce('room', 'holding', { number: state.updates.internal.posted, nextUpdateAt: story.nextUpdateAt });
      return;
    }
    state.updates.internal.broken += 1;
    story.expectInternal();
    story.write('updateMissed', muster, `The internal update due at ${clock(due)} was missed.`, { why: fact.why });
  },
  reminded(story, fact) {
    const { state } = story;
    state.updates.internal.reminded = true;
    const due = state.updates.internal.dueAt ?? fact.at;
    story.write('reminded', muster, `Reminded of the update due at ${clock(due)}.`, { why: fact.why });
    story.announce('room', 'reminder', {
      nextUpdateAt: story.nextUpdateAt,
      number: state.updates.internal.posted + 1,
    });
  },
  publicUpdateAsked(story, fact) {
    const { state } = story;
    remember(state, fact.said);
    story.promisePublic();
    story.announce(
      'public',
      'publicUpdate',
      { text: fact.text, nextUpdateAt: story.nextPublicAt },
      { automatic: false },
    );
  },
  publicUpdateMissed(story, fact) {
    const { state } = story;
    const due = state.updates.public.dueAt ?? fact.at;
    story.promisePublic();
    if (fact.how === 'page') {
      state.updates.public.broken += 1;
      story.write('publicUpdateMissed', muster, `The public update due at ${clock(due)} was missed.`, {
        why: fact.why,
      });
      return;
    }
    story.write(
      'publicUpdateMissed',
      muster,
      `Nobody wrote the public update due at ${clock(due)}; a safe holding text goes out.`,
      { why: fact.why },
    );
    story.announce('public', state.updates.public.posted === 0 ? 'publicFirst' : 'publicHolding', {
      nextUpdateAt: story.nextPublicAt,
    });
  },
  publicPosted(story, fact) {
    const { state } = story;
    const { public: promise } = state.updates;
    promise.posted += 1;
    promise.kept += 1;
    if (promise.posted === 1) story.promisePublic();
    state.publicUrl = fact.url ?? state.publicUrl;
    story.write(
      'publicUpdatePosted',
      muster,
      `Told customers on the status page: ${publicStatus(state)}${fact.replaced ? '; the leak guard put a safe text in place' : ''}.`,
      {
        public: true,
        ...(fact.replaced ? { why: fact.replaced } : {}),
      },
    );
  },
} satisfies Partial<Tellings>;

/**
 * Where a pack asks for the same cadence inside and outside, customers hear when the room hears, unless they just did:
 * otherwise the two promises drift apart and everybody is asked twice as often.
 */
const keepCustomersInStep = (story: Story): void => {
  const { state, severity, customers, at } = story;
  const { dueAt, posted } = state.updates.public;
  if (!customers || customers.every !== severity.updates.internal?.every || dueAt === null || posted === 0) return;
  if (dueAt - at > elapsed(state, customers.every) / 2) return;
  story.promisePublic();
  story.announce('public', 'publicHolding', { nextUpdateAt: story.nextPublicAt });
};

/** The workflow hands over what a client sent, so only the known words are kept; an empty one takes the old one away. */
const remember = (state: IncidentState, said: Said = {}): void => {
  const { impact, nextSteps, eta, workaround, briefCause } = said;
  const given = Object.entries({ nextSteps, eta, workaround, briefCause }).filter(([, words]) => words !== undefined);
  state.said = { ...state.said, ...Object.fromEntries(given) };
  if (impact !== undefined) state.summary = impact;
};

const clock = (atMs: number): string => `${instant(atMs).slice(11, 16)} UTC`;
