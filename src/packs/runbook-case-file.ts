/** What is known of an incident, from a file: evidence as it was stored, or facts written by hand for trying a runbook. */
import { z } from 'zod';
import {
  type FactGroup,
  type FactMeaning,
  type Facts,
  type FactType,
  factTable,
} from '../domain/diagnosis/fact-table.ts';
import { factsOf, type IncidentForFacts } from '../domain/diagnosis/facts.ts';
import { InvalidInput } from '../domain/errors.ts';
import { Evidence } from '../schema/evidence.ts';
import { nearest } from './fault.ts';

export interface CaseFile {
  incident: IncidentForFacts;
  facts: Facts;
  /** Figures of the runbook's own reads, by id. */
  reads: Record<string, number>;
}

const Incident = z.strictObject({
  rank: z.number().int().min(1).nullable().default(null),
  service: z.string().nullable().default(null),
  alerts: z
    .array(
      z.strictObject({
        title: z.string(),
        labels: z.record(z.string(), z.string()).optional(),
        signals: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).optional(),
      }),
    )
    .default([]),
});

const types = { number: z.number(), text: z.string(), truth: z.boolean(), texts: z.array(z.string()) } satisfies Record<
  FactType,
  z.ZodType
>;
const GivenFacts = z.strictObject(
  Object.fromEntries(
    Object.entries<Record<string, FactMeaning>>(factTable).map(([group, fields]) => [
      group,
      z
        .strictObject(
          Object.fromEntries(Object.entries(fields).map(([field, { type }]) => [field, types[type].optional()])),
        )
        .optional(),
    ]),
  ),
);

const Written = z.strictObject({
  facts: GivenFacts.default({}),
  evidence: Evidence.optional(),
  incident: Incident.prefault({}),
  reads: z.record(z.string(), z.number()).default({}),
});

/**
 * `{ facts, reads, incident }`, `{ evidence, incident, reads, facts }` where the facts written stand over those of the
 * evidence, or the evidence alone as the api gives it. `place`: what the catalogue says where the file says nothing.
 * Throws InvalidInput with file, field and remedy.
 */
export const parseCaseFile = (
  text: string,
  file: string,
  place: Pick<IncidentForFacts, 'target' | 'service'>,
): CaseFile => {
  const parsed = Written.safeParse(wrapped(jsonOf(text, file)));
  if (!parsed.success)
    throw new InvalidInput(parsed.error.issues.map((issue) => `${file} ${inWords(issue)}`).join('\n'));
  const { facts, evidence, incident, reads } = parsed.data;
  const whole: IncidentForFacts = {
    rank: incident.rank,
    service: incident.service ?? place.service,
    drill: false,
    target: place.target,
    alerts: incident.alerts.map(({ title, labels, signals }) => ({
      title,
      ...(labels && { labels }),
      ...(signals && { signals }),
    })),
  };
  const read = evidence ? factsOf(evidence, whole) : factsWithoutEvidence(whole);
  return { incident: whole, facts: over(read, facts as Facts), reads };
};

/** What the incident alone says: its alerts, its workload, its signals. */
const factsWithoutEvidence = (incident: IncidentForFacts): Facts =>
  factsOf(
    Evidence.parse({
      gatheredAt: '',
      onset: '',
      suspects: [],
      series: [],
      pods: [],
      events: [],
      revisions: [],
      logs: [],
      missing: ['the workload: no evidence was given'],
    }),
    incident,
  );

const over = (facts: Facts, given: Facts): Facts => {
  const groups = new Set([...Object.keys(facts), ...Object.keys(given)]) as Set<FactGroup>;
  return Object.fromEntries([...groups].map((group) => [group, { ...facts[group], ...given[group] }]));
};

const wrapped = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'gatheredAt' in value ? { evidence: value } : value;

const jsonOf = (text: string, file: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidInput(`${file} is no JSON: ${error instanceof Error ? error.message : error}`);
  }
};

const inWords = (issue: z.core.$ZodIssue): string => {
  const path = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return `${path || '(file)'}: ${issue.message}`;
  return issue.keys
    .map((key) => {
      const group =
        issue.path[0] === 'facts' ? (factTable as Record<string, object>)[String(issue.path[1])] : undefined;
      const known = group
        ? Object.keys(group)
        : issue.path[0] === 'facts'
          ? Object.keys(factTable)
          : ['facts', 'evidence', 'incident', 'reads'];
      const guess = nearest(key, known);
      return `${[path, key].filter(Boolean).join('.')}: is not known; ${guess ? `did you mean "${guess}"?` : `known: ${known.join(', ')}`}`;
    })
    .join('; ');
};
