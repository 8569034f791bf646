/** A policy read aloud: one sentence per promise, made of the figures that a diff compares. Pure. */
import type { Notice, Policy, SeverityPolicy } from '../schema/policy.ts';

/** What a severity of the policy promises, or with `severity` null what holds for every incident of it. */
export interface PolicyPromise {
  severity: string | null;
  /** The policy's own word for the part: ladder, notify, updates, hold ... */
  field: string;
  /** Same in two policies when both speak of the same thing, such as the second step that pages one duty. */
  item: string;
  text: string;
  /** Words that lead to a figure, and the figure: two promises about one item differ in these alone. */
  figures: readonly (readonly [lead: string, value: string])[];
}

/** Every promise of a policy, general ones last. Each figure of a policy of today stands in one of them. */
export const promisesOf = (policy: Policy): PolicyPromise[] => [
  ...severitiesByRank(policy).flatMap(([name, severity]) => severityPromises(name, severity)),
  ...generalPromises(policy),
];

/** Worst first. */
export const severitiesByRank = (policy: Pick<Policy, 'severities'>): [string, SeverityPolicy][] =>
  Object.entries(policy.severities).sort(([, left], [, right]) => left.rank - right.rank);

/** Where a sentence belongs, before its colon: `SEV1 ladder`, `remediation`. */
export const placeOf = ({ severity, field }: Pick<PolicyPromise, 'severity' | 'field'>): string =>
  [severity, fieldWords[field] ?? spaced(field)].filter((word) => word !== null).join(' ');

/** Exact, so that two spans never read alike: `1 min 30 s`, `24 h`, `3 d`. */
export const exactSpan = (spanMs: number): string => {
  const words: string[] = [];
  let rest = spanMs;
  for (const [unit, sizeMs] of spanUnits) {
    if (unit === 'd' && spanMs <= 2 * sizeMs) continue;
    const count = Math.floor(rest / sizeMs);
    if (count > 0) words.push(`${count} ${unit}`);
    rest -= count * sizeMs;
  }
  if (rest > 0) words.push(`${rest} ms`);
  return words.length > 0 ? words.join(' ') : '0 s';
};

const spanUnits = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

const fieldWords: Readonly<Record<string, string>> = {
  respondWithin: 'response',
  acknowledgementExpires: 'acknowledgement',
  watchAfterwards: 'watch',
  statusWords: 'status words',
};

type Figures = PolicyPromise['figures'];
type Draft = Omit<PolicyPromise, 'severity'>;

/** A promise whose sentence is its figures one after the other. */
const plainPromise = (field: string, item: string, figures: Figures): Draft => ({
  field,
  item,
  figures,
  text: figures.map(([lead, value]) => `${lead} ${value}`.trim()).join(', '),
});

/** Names that stand in a list: being in it is the promise. */
const named = (field: string, list: readonly string[], sentenceOf: (name: string) => string, kind = ''): Draft[] =>
  numbered(list, (name) => name).map(([name, item]) => ({
    field,
    item: `${kind}${item}`,
    figures: [],
    text: sentenceOf(name),
  }));

/** Entries with a name that stays the same when another entry comes or goes. */
const numbered = <T>(list: readonly T[], nameOf: (entry: T) => string): [T, string][] => {
  const seen = new Map<string, number>();
  return list.map((entry) => {
    const name = nameOf(entry);
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return [entry, `${name}/${count}`];
  });
};

const severityPromises = (name: string, severity: SeverityPolicy): PolicyPromise[] =>
  [
    plainPromise('rank', 'rank', [['', String(severity.rank)]]),
    plainPromise('title', 'title', [['', severity.title]]),
    plainPromise('meaning', 'meaning', [['', severity.meaning]]),
    plainPromise('respondWithin', 'respondWithin', [['somebody acknowledges within', responseWords(severity)]]),
    ...expiryPromises(severity),
    ...ladderPromises(severity),
    ...noticePromises(severity),
    plainPromise('room', 'room', [['', severity.room === 'none' ? 'no room' : `${severity.room} room`]]),
    ...named('drafts', severity.drafts, (kind) => `a ${kind} post is drafted, never sent`),
    ...named('roles', severity.roles.minimum, (role) => `${spaced(role)} is filled`, 'minimum/'),
    plainPromise('roles', 'filledWithin', [['the minimum is filled within', exactSpan(severity.roles.filledWithin)]]),
    ...updatePromises(severity),
    holdPromise(severity),
    reviewPromise(severity),
    plainPromise('watchAfterwards', 'watchAfterwards', [['watched closely for', exactSpan(severity.watchAfterwards)]]),
  ].map((promise) => ({ severity: name, ...promise }));

const responseWords = ({ respondWithin }: SeverityPolicy): string =>
  typeof respondWithin === 'number' ? exactSpan(respondWithin) : respondWithin;

const expiryPromises = ({ acknowledgementExpires }: SeverityPolicy): Draft[] =>
  acknowledgementExpires === null
    ? []
    : [
        plainPromise('acknowledgementExpires', 'expiry', [
          ['ends without a further sign of life after', exactSpan(acknowledgementExpires)],
        ]),
      ];

const ladderPromises = ({ ladder }: SeverityPolicy): Draft[] =>
  numbered(ladder, (step) => step.page).map(([{ after, page, unless }, item]) => ({
    field: 'ladder',
    item,
    text: `${page} is paged after ${exactSpan(after)} unless ${unless}`,
    figures: [
      [`${page} is paged after`, exactSpan(after)],
      [`${page} is paged unless`, unless],
    ],
  }));

const noticePromises = ({ notify }: SeverityPolicy): Draft[] =>
  numbered(notify, (notice) => notice.to).map(([notice, item]) => ({
    field: 'notify',
    item,
    text: noticeInWords(notice),
    figures: [
      [`${notice.to} is told by`, noticeWays[notice.via]],
      [`${notice.to} is told`, noticeHours[notice.during]],
      [`when nobody acknowledges after telling ${notice.to}, paged is`, notice.otherwisePage ?? 'nobody'],
    ],
  }));

const noticeWays: Record<Notice['via'], string> = {
  chat: 'chat',
  direct: 'direct message',
  ticket: 'ticket',
};
const noticeHours: Record<Notice['during'], string> = { always: 'at any hour', businessHours: 'in business hours' };

const noticeInWords = ({ to, via, during, otherwisePage }: Notice): string =>
  [
    `${to} is told by ${noticeWays[via]} ${noticeHours[during]}`,
    otherwisePage === null ? null : `and ${otherwisePage} is paged when nobody acknowledges in time`,
  ]
    .filter((part) => part !== null)
    .join(', ');

const missedWords = { autoPost: 'a holding text is posted', page: 'somebody is paged' } as const;

const updatePromises = ({ updates }: SeverityPolicy): Draft[] => {
  const drafts: Draft[] = [];
  if (updates.internal) {
    const { every, remindBefore, onMissed } = updates.internal;
    drafts.push(
      plainPromise('updates', 'internal', [
        ['internal every', exactSpan(every)],
        ['internal with a reminder before of', exactSpan(remindBefore)],
        ['when an internal one is missed', missedWords[onMissed]],
      ]),
    );
  }
  if (updates.public) {
    const { firstWithin, atDeclaration, every, onMissed, when } = updates.public;
    drafts.push(
      plainPromise('updates', 'public', [
        ['first public one within', exactSpan(firstWithin)],
        ['first public one', atDeclaration ? 'by itself at the declaration' : 'by a person'],
        ['public every', exactSpan(every)],
        ['when a public one is missed', missedWords[onMissed]],
        ['public for', when === 'always' ? 'every service' : 'services that customers use'],
      ]),
    );
  }
  return drafts;
};

const holdPromise = ({ hold }: SeverityPolicy): Draft =>
  plainPromise('hold', 'hold', [
    ['', `${holdSpan(hold.for)}${bounds(hold)}`],
    ['looks at the symptom', String(hold.samples)],
  ]);

const holdSpan = (time: SeverityPolicy['hold']['for']): string => {
  if (typeof time === 'number') return exactSpan(time);
  return time.timesDuration === 2 ? 'twice the duration' : `${time.timesDuration} times the duration`;
};

const bounds = ({ atLeast, atMost }: SeverityPolicy['hold']): string => {
  if (atLeast !== undefined && atMost !== undefined) return ` (${exactSpan(atLeast)} to ${exactSpan(atMost)})`;
  if (atLeast !== undefined) return ` (at least ${exactSpan(atLeast)})`;
  return atMost === undefined ? '' : ` (at most ${exactSpan(atMost)})`;
};

const reviewPromise = ({ review }: SeverityPolicy): Draft =>
  plainPromise('review', 'review', [
    ['', review.required ? 'required' : 'optional'],
    ['not before', review.notBefore ?? 'any day'],
    ['best on', review.preferred ?? 'any day'],
    ['within', review.within],
    ['minutes long', String(review.lengthMinutes)],
    ['document within', review.documentWithin],
  ]);

const generalPromises = ({ pack, room, statusWords, resolution, remediation }: Policy): PolicyPromise[] =>
  [
    plainPromise('pack', 'pack', [['', pack]]),
    plainPromise('room', 'room', [
      ['name', room.name],
      ['shared one', room.shared ?? 'none'],
      ['conference link', room.conference ? 'shown' : 'none'],
      ['archived after', exactSpan(room.archiveAfter)],
      ['standing channel', room.notifyChannel],
    ]),
    ...Object.entries(statusWords).map(([status, word]) =>
      plainPromise('statusWords', status, [[`${status} is called`, word]]),
    ),
    ...named('resolution', resolution.needs, (need) => `resolved needs: ${need}`, 'needs/'),
    plainPromise('resolution', 'onRecovered', [
      ['after a verified remediation', resolution.onRecovered === 'hold' ? 'the hold starts' : 'a person is asked'],
    ]),
    ...named('remediation', remediation.approval.roles, (role) => `a ${role} may approve`, 'roles/'),
    plainPromise('remediation', 'approval', [
      ['an approval is waited for', exactSpan(remediation.approval.expiresAfter)],
      ['the proposer', remediation.approval.notProposer ? 'may not approve' : 'may approve'],
    ]),
    plainPromise('remediation', 'proof', [
      ['a change settles within', exactSpan(remediation.settleWithin)],
      ['recovery is looked at every', exactSpan(remediation.verify.every)],
      ['looks in a row that must be good', String(remediation.verify.consecutiveSuccesses)],
      ['given up after', exactSpan(remediation.verify.giveUpAfter)],
      ['suspects are looked for back to', exactSpan(remediation.lookBack)],
    ]),
  ].map((promise) => ({ severity: null, ...promise }));

/** `technicalLead` as people say it. */
const spaced = (word: string): string => word.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
