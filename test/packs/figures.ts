import { inventoryOf, type Leak, leaksIn } from '../../src/domain/telling/leak-guard.ts';
import { type Fact, render, type Sink } from '../../src/domain/telling/render.ts';
import type { MessageName, Notice, PackDocument } from '../../src/schema/policy.ts';
import { organisation } from './judging.ts';

/** 90 min, 2 h, 7 d: the largest unit that divides; minutes up to two hours, as ladders are written. */
export const span = (ms: number): string => {
  const minutes = ms / 60_000;
  if (minutes <= 120 || minutes % 60 !== 0) return `${minutes} min`;
  return `${minutes / 60} h`;
};

/** One severity as a person reads it beside the document. */
export const figuresOf = (pack: PackDocument, name: string) => {
  const severity = pack.severities[name];
  if (!severity) throw new Error(`${pack.pack} has no severity ${name}`);
  const { respondWithin, ladder, notify, room, roles, updates, hold, review, drafts, watchAfterwards } = severity;
  const { internal, public: outside } = updates;
  const quiet = hold.for;
  return {
    respond: typeof respondWithin === 'number' ? span(respondWithin) : respondWithin,
    ladder: ladder.map((step) => `${step.after / 60_000} ${step.page} unless ${step.unless}`),
    told: notify.map(inWords),
    room,
    roles: `${roles.minimum.join(', ')} within ${span(roles.filledWithin)}`,
    inside: internal ? `every ${span(internal.every)}` : 'nothing promised',
    outside: outside
      ? [
          `within ${span(outside.firstWithin)}`,
          ...(outside.atDeclaration ? ['at declaration'] : []),
          `every ${span(outside.every)}`,
          ...(outside.when === 'always' ? [] : [outside.when]),
        ].join(', ')
      : 'nothing',
    drafts,
    hold:
      typeof quiet === 'number'
        ? span(quiet)
        : `${quiet.timesDuration}x duration, ${span(hold.atLeast ?? Number.NaN)} to ${span(hold.atMost ?? Number.NaN)}`,
    review: [
      review.required ? 'required' : 'optional',
      ...(review.notBefore ? [`not before ${review.notBefore}`] : []),
      ...(review.preferred ? [`best on ${review.preferred}`] : []),
      `within ${review.within}`,
      `${review.lengthMinutes} min`,
      `document ${review.documentWithin}`,
    ].join(', '),
    watch: span(watchAfterwards),
  };
};

const inWords = ({ to, via, during, otherwisePage }: Notice): string =>
  [
    to,
    ...(via === 'chat' ? [] : [via]),
    ...(during === 'always' ? [] : [during]),
    ...(otherwisePage ? [`otherwise page ${otherwisePage}`] : []),
  ].join(', ');

/** Everything somebody may know; the words are such as a person writes. */
const known: Record<string, Fact> = {
  id: 'INC-2026-014',
  severity: 'the-severity',
  statusWord: 'the-status',
  number: 3,
  time: '2026-11-18T10:15:00Z',
  nextUpdateAt: '2026-11-18T10:30:00Z',
  startedAt: '2026-11-18T09:30:00Z',
  endedAt: '2026-11-18T10:12:00Z',
  duration: '42 min',
  publicName: 'Checkout',
  url: 'https://muster.example/incidents/INC-2026-014',
  text: 'Some payments fail.',
  workaround: 'pay by invoice.',
  drill: false,
  title: 'the-title',
  impact: 'the-impact',
  detection: 'the-detection',
  commander: 'the-commander',
  knows: 'the-knowledge',
  doing: 'the-doing',
  cause: 'the-cause',
  fix: 'the-fix',
  followUp: 'the-follow-up',
  service: 'the-service',
  timeline: ['10:00 first-line', '10:05 second-line'],
  attendees: ['Nadia Okafor', 'Dana Whitfield'],
  facilitator: 'the-facilitator',
  roles: ['commander: the-commander'],
  actionItems: ['| the-action | the-owner | 2026-12-01 | open |'],
  reviewAt: '2026-11-20T10:00:00Z',
  documentDueAt: '2026-11-23T10:00:00Z',
  conference: 'https://meet.example/INC-2026-014',
  nextSteps: 'the-next-steps',
  eta: '20 minutes',
  briefCause: 'a full queue',
};

/** The message when everything is known, or when nothing is. */
export const said = (pack: PackDocument, name: MessageName, facts: 'all' | 'none' = 'all'): string => {
  const sink: Sink = name.startsWith('public') || name === 'socialDraft' ? 'public' : 'chat';
  const template = pack.messages[name];
  if (template === undefined) throw new Error(`${pack.pack} has no message ${name}`);
  return render(template, facts === 'all' ? known : {}, sink);
};

export interface MessageFault {
  message: string;
  facts: 'all' | 'none';
  what: string;
}

/** Holes a reader would see, and what the leak guard holds back of what customers read. */
export const messageFaults = (pack: PackDocument): MessageFault[] => {
  const inventory = inventoryOf(organisation, pack.neverPublic, pack.publicMay);
  return (Object.keys(pack.messages) as MessageName[]).flatMap((message) =>
    (['all', 'none'] as const).flatMap((facts) => {
      const text = said(pack, message, facts);
      const isPublic = message.startsWith('public') || message === 'socialDraft';
      // A person writes `text`: without it there is no such message, and "not known yet" stands where it would be.
      const leaks: Leak[] = isPublic && text !== '' ? leaksIn(text, inventory) : [];
      const holes = [...text.matchAll(/\{\{|null|undefined|Invalid|NaN|\[object/g)].map(([hole]) => hole);
      return [...holes, ...leaks.map(({ rule, excerpt }) => `${rule}: ${excerpt}`)].map((what) => ({
        message,
        facts,
        what,
      }));
    }),
  );
};
