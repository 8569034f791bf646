/** Switching the pack switches everything only as long as no figure or name of a policy stands in code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { organisation, packs } from './judging.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folders = ['workflows', 'activities', 'src/domain'];
const all = [...packs.values()];

const anyOf = (names: Iterable<string>): string =>
  [...new Set(names)].map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');

/** Whole texts in quotes: a duty or a group; "on-call" is also the duty that code falls back to. */
const quotedNames = anyOf(
  [
    ...Object.keys(organisation.duties).filter((duty) => duty !== 'on-call'),
    ...all.flatMap((pack) => Object.values(pack.severities).flatMap(({ ladder }) => ladder.map(({ page }) => page))),
    ...all.flatMap((pack) => Object.values(pack.severities).flatMap(({ notify }) => notify.map(({ to }) => to))),
  ].filter((name) => name !== 'on-call'),
);
/** Anywhere in a text in quotes. */
const namesInside = anyOf([...packs.keys(), ...all.flatMap((pack) => Object.keys(pack.severities))]);
/** Ratios such as 0.05: round ones (0.5) and whole numbers mean too many other things. */
const thresholds = anyOf(
  all
    .flatMap((pack) => [...pack.rules, ...pack.ignore].flatMap(({ when }) => when))
    .flatMap(({ above, atLeast, below, atMost }) => [above, atLeast, below, atMost])
    .filter((bound) => bound !== undefined)
    .map(String)
    .filter((bound) => /^0\.\d{2,}$/.test(bound)),
);
/** What a policy has figures for. */
const promise =
  'respon[ds]|ladder|escalat|acknowledg|cadence|updateEvery|remind|publicUpdate|firstWithin|hold(?:For|Ms|Time)|review|document|postmortem|watch|archive|lookBack|settle|approval|giveUpAfter|severit|rolesFilled|filledWithin';
/** A minute or longer: a product with a unit, a bare number of milliseconds, or text such as '15m'. */
const longTime =
  '\\d[\\d_.]* ?\\* ?(?:60_000|3_600_000|86_400_000|minuteMs|hourMs|dayMs)\\b|(?<![\\w.])\\d+(?:_\\d{3})*0_000\\b|minutesMs\\(\\d|[\'"`]\\d+(?:\\.\\d+)?(?:m|h|d| min| minutes?| hours?| business days?)[\'"`]';

const rules = [
  { what: 'a duty or a group', pattern: new RegExp(`(['"\`])(?:${quotedNames})\\1`) },
  {
    what: 'a pack or a severity',
    pattern: new RegExp(`['"\`][^'"\`\\n]*(?<![\\w-])(?:${namesInside})(?![\\w-])[^'"\`\\n]*['"\`]`),
  },
  { what: 'a threshold', pattern: new RegExp(`(?<![\\w.])(?:${thresholds})(?!\\d)`) },
  { what: 'a duration of a promise', pattern: new RegExp(`(?:${promise})[^;{}]*?(?:${longTime})`, 'i') },
];

/** `file: what: the words found`; comments may name what they like. */
const policyIn = (file: string, source: string): string[] =>
  withoutComments(source)
    .split('\n')
    .flatMap((line) =>
      rules.flatMap(({ what, pattern }) => {
        const found = pattern.exec(line);
        return found ? [`${file}: ${what}: ${found[0].trim()}`] : [];
      }),
    );

const withoutComments = (source: string): string =>
  source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[\s;{}(,])\/\/.*$/gm, '$1');

const sources = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ file: `${folder}/${name}`, source: readFileSync(join(root, folder, name), 'utf8') })),
);

/** Figures of Muster that no pack has a field for. */
const ours: Record<string, string> = {
  'workflows/follow-up.ts: a duration of a promise: remindAgainMs = 7 * 86_400_000':
    'open action items are asked after every week; the documents only say until completion',
  'activities/evidence/metrics.ts: a duration of a promise: lookBackMs, beforeMsMin), 60_000':
    'how much of a graph is drawn before the onset',
  'src/domain/changes/score.ts: a duration of a promise: lookBackMsMax = 4 * 3_600_000':
    'the score of a change has faded to nothing by then',
  "src/domain/telling/leak-guard.ts: a duty or a group: 'support'": 'an English word of the leak guard',
};

test('no name, threshold or time of a pack stands in workflows, activities or the domain', () => {
  expect(sources.length).toBeGreaterThan(60);
  const found = sources.flatMap(({ file, source }) => policyIn(file, source));
  expect(found.filter((line) => !Object.hasOwn(ours, line))).toEqual([]);
  expect(
    Object.keys(ours).filter((line) => !found.includes(line)),
    'an exception that nothing needs',
  ).toEqual([]);
});

describe('what would be found', () => {
  test.each([
    ["if (severity === 'P0') page('somebody');", 'a pack or a severity'],
    ['const worst = "SEV1";', 'a pack or a severity'],
    ['story.say(`declared as SEV2`);', 'a pack or a severity'],
    ["const fallback = 'guide-sev1-sev3';", 'a pack or a severity'],
    ["await page('vp-engineering');", 'a duty or a group'],
    ["await tell('customer-success');", 'a duty or a group'],
    ['const isBad = errorRate > 0.05;', 'a threshold'],
    ['const respondWithinMs = 5 * 60_000;', 'a duration of a promise'],
    ['const reviewAfter = 5 * dayMs;', 'a duration of a promise'],
    ['escalateAfter(900_000)', 'a duration of a promise'],
    ["holdFor: '15m',", 'a duration of a promise'],
    ["const archiveAfter = '24 hours';", 'a duration of a promise'],
  ])('%s', (planted, what) => {
    expect(policyIn('planted.ts', planted).map((line) => line.split(': ')[1])).toEqual([what]);
  });

  test.each([
    '// P0 pages all-on-call at once',
    '/** Such as SEV1, P0: "vp-engineering" after 30 * 60_000. */',
    "const p99 = 'P99 of the answer time';",
    'const errorRate = 0.5;',
    'const patienceMs = 30_000;',
    "page(incident, 'on-call');",
    'const at = declaredAt + policy.severities[name].respondWithin; // 5m',
  ])('but not: %s', (innocent) => {
    expect(policyIn('innocent.ts', innocent)).toEqual([]);
  });
});
