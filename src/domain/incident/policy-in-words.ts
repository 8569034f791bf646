/** A policy read aloud: one sentence per promise, made of the figures that a diff compares. Pure. */
import type { Notice, Policy, SeverityPolicy } from '../../schema/policy.ts';

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

/** A promise of one figure is said as that figure; one of several has a sentence of its own. */
const promise = (field: string, item: string, figures: Figures, text = saidInTurn(figures)): Draft => ({
  field,
  item,
  figures,
  text,
});

const saidInTurn = (figures: Figures): string => figures.map(([lead, value]) => `${lead} ${value}`.trim()).join(', ');

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
    promise('rank', 'rank', [['', String(severity.rank)]]),
    promise('title', 'title', [['', severity.title]]),
    promise('meaning', 'meaning', [['', severity.meaning]]),
    promise('respondWithin', 'respondWithin', [['somebody acknowledges within', responseWords(severity)]]),
    ...expiryPromises(severity),
    ...ladderPromises(severity),
    ...noticePromises(severity),
    promise('room', 'room', [['', severity.room === 'none' ? 'no room' : `${severity.room} room`]]),
    ...named('drafts', severity.drafts, (kind) => `a ${kind} post is drafted, never sent`),
    ...named('roles', severity.roles.minimum, (role) => `needs a ${spaced(role)}`, 'minimum/'),
    promise('roles', 'filledWithin', [['everybody is named within', exactSpan(severity.roles.filledWithin)]]),
    ...updatePromises(severity),
    holdPromise(severity),
    reviewPromise(severity),
    promise('watchAfterwards', 'watchAfterwards', [['watched closely for', exactSpan(severity.watchAfterwards)]]),
  ].map((draft) => ({ severity: name, ...draft }));

const responseWords = ({ respondWithin }: SeverityPolicy): string =>
  typeof respondWithin === 'number' ? exactSpan(respondWithin) : respondWithin;

const expiryPromises = ({ acknowledgementExpires }: SeverityPolicy): Draft[] =>
  acknowledgementExpires === null
    ? []
    : [
        promise('acknowledgementExpires', 'expiry', [
          ['ends without a further sign of life after', exactSpan(acknowledgementExpires)],
        ]),
      ];

const ladderPromises = ({ ladder }: SeverityPolicy): Draft[] =>
  numbered(ladder, (step) => step.page).map(([{ after, page, unless }, item]) => ({
    field: 'ladder',
    item,
    text: `${page} is paged ${after === 0 ? 'at once' : `after ${exactSpan(after)}`} unless ${unless}`,
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

const updatePromises = ({ updates }: SeverityPolicy): Draft[] => [
  ...(updates.internal ? [internalUpdates(updates.internal)] : []),
  ...(updates.public ? [publicUpdates(updates.public)] : []),
];

const internalUpdates = ({
  every,
  remindBefore,
  onMissed,
}: NonNullable<SeverityPolicy['updates']['internal']>): Draft => ({
  field: 'updates',
  item: 'internal',
  text: `internal every ${exactSpan(every)} with a reminder ${exactSpan(remindBefore)} before; when one is missed ${missedWords[onMissed]}`,
  figures: [
    ['internal every', exactSpan(every)],
    ['reminder before an internal one', exactSpan(remindBefore)],
    ['when an internal one is missed', missedWords[onMissed]],
  ],
});

const publicUpdates = ({
  firstWithin,
  atDeclaration,
  every,
  onMissed,
  when,
}: NonNullable<SeverityPolicy['updates']['public']>): Draft => {
  const first = atDeclaration ? 'at the declaration by itself' : 'by a person';
  const whom = when === 'always' ? 'every service' : 'services that customers use';
  return {
    field: 'updates',
    item: 'public',
    text: `the first public one within ${exactSpan(firstWithin)} ${first}, then every ${exactSpan(every)}, for ${whom}; when one is missed ${missedWords[onMissed]}`,
    figures: [
      ['first public one within', exactSpan(firstWithin)],
      ['first public one', first],
      ['public every', exactSpan(every)],
      ['when a public one is missed', missedWords[onMissed]],
      ['public for', whom],
    ],
  };
};

const holdPromise = ({ hold }: SeverityPolicy): Draft => {
  const span = `${holdSpan(hold.for)}${bounds(hold)}`;
  return promise(
    'hold',
    'hold',
    [
      ['', span],
      ['looks at the symptom', String(hold.samples)],
    ],
    `${span} of quiet before resolved is final, with ${hold.samples} looks at the symptom`,
  );
};

const holdSpan = (time: SeverityPolicy['hold']['for']): string => {
  if (typeof time === 'number') return exactSpan(time);
  return time.timesDuration === 2 ? 'twice the duration' : `${time.timesDuration} times the duration`;
};

const bounds = ({ atLeast, atMost }: SeverityPolicy['hold']): string => {
  if (atLeast !== undefined && atMost !== undefined) return ` (${exactSpan(atLeast)} to ${exactSpan(atMost)})`;
  if (atLeast !== undefined) return ` (at least ${exactSpan(atLeast)})`;
  return atMost === undefined ? '' : ` (at most ${exactSpan(atMost)})`;
};

const reviewPromise = ({ review }: SeverityPolicy): Draft => {
  const { required, within, notBefore, preferred, lengthMinutes, documentWithin } = review;
  return promise(
    'review',
    'review',
    [
      ['', required ? 'required' : 'optional'],
      ['not before', notBefore ?? 'any day'],
      ['best after', preferred ?? 'any day'],
      ['within', within],
      ['length in minutes', String(lengthMinutes)],
      ['document within', documentWithin],
    ],
    [
      `${required ? 'required' : 'optional'} within ${within}`,
      notBefore === undefined ? null : `not before ${notBefore}`,
      preferred === undefined ? null : `best after ${preferred}`,
      `${lengthMinutes} minutes long`,
      `document within ${documentWithin}`,
    ]
      .filter((part) => part !== null)
      .join(', '),
  );
};

const generalPromises = ({ pack, room, statusWords, resolution, remediation }: Policy): PolicyPromise[] =>
  [
    promise('pack', 'pack', [['', pack]]),
    roomPromise(room),
    ...Object.entries(statusWords).map(([status, word]) =>
      promise('statusWords', status, [[`${status} is called`, word]]),
    ),
    ...named('resolution', resolution.needs, (need) => `resolved needs: ${need}`, 'needs/'),
    promise('resolution', 'onRecovered', [
      ['after a verified remediation', resolution.onRecovered === 'hold' ? 'the hold starts' : 'a person is asked'],
    ]),
    ...remediationPromises(remediation),
  ].map((draft) => ({ severity: null, ...draft }));

const roomPromise = ({ name, shared, conference, archiveAfter, notifyChannel }: Policy['room']): Draft =>
  promise(
    'room',
    'room',
    [
      ['named', name],
      ['shared one', shared ?? 'none'],
      ['conference link', conference ? 'shown' : 'none'],
      ['archived after', exactSpan(archiveAfter)],
      ['standing channel', notifyChannel],
    ],
    [
      `named ${name}`,
      `archived after ${exactSpan(archiveAfter)}`,
      shared === undefined ? null : `${shared} where a room is shared`,
      conference ? 'with the conference link' : null,
      `${notifyChannel} hears of every incident`,
    ]
      .filter((part) => part !== null)
      .join(', '),
  );

const remediationPromises = ({ approval, settleWithin, verify, lookBack }: Policy['remediation']): Draft[] => {
  const proposer = approval.notProposer ? 'may not approve' : 'may approve';
  return [
    ...named('remediation', approval.roles, (role) => `a ${role} may approve`, 'roles/'),
    promise('remediation', 'approval', [
      ['an approval is waited for', exactSpan(approval.expiresAfter)],
      ['the proposer', proposer],
    ]),
    promise('remediation', 'settleWithin', [['a change settles within', exactSpan(settleWithin)]]),
    promise(
      'remediation',
      'verify',
      [
        ['recovery is looked at every', exactSpan(verify.every)],
        ['good looks in a row', String(verify.consecutiveSuccesses)],
        ['recovery is given up after', exactSpan(verify.giveUpAfter)],
      ],
      `recovery is looked at every ${exactSpan(verify.every)}, proven by ${verify.consecutiveSuccesses} good looks in a row, given up after ${exactSpan(verify.giveUpAfter)}`,
    ),
    promise('remediation', 'lookBack', [['suspects are looked for back to', exactSpan(lookBack)]]),
  ];
};

/** `technicalLead` as people say it. */
const spaced = (word: string): string => word.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
