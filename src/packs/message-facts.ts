/** The facts a pack's messages may speak of: Liquid variables, filled by whoever tells. */
import { Liquid } from 'liquidjs';
import type { MessageName, PackDocument } from '../schema/policy.ts';

/** May stand in any message, also in one that customers read. */
export const publicFacts = [
  'id',
  'severity',
  'statusWord',
  'number',
  'time',
  'nextUpdateAt',
  'startedAt',
  'endedAt',
  'duration',
  'publicName',
  'url',
  'text',
  'workaround',
  'drill',
] as const;

/** Facts of a public message that only a pack with `publicMay` may use; a person's own words, never filled from findings. */
const permittedFacts = { estimate: ['eta'], cause: ['briefCause'] } as const;

/** May stand only in messages of the room, to stakeholders and about the review. */
export const internalFacts = [
  'title',
  'impact',
  'detection',
  'commander',
  'knows',
  'doing',
  'cause',
  'fix',
  'followUp',
  'service',
  'timeline',
  'attendees',
  'facilitator',
  'roles',
  'actionItems',
  'reviewAt',
  'documentDueAt',
  'groups',
  'automatic',
  'conference',
  'nextSteps',
  'eta',
  'briefCause',
] as const;

/** Knows the one filter of our own (src/domain/telling/render.ts), so that a misspelt filter is found when the pack is read. */
const engine = new Liquid({ strictFilters: true });
engine.registerFilter('when', (value: unknown) => value);

/** What is wrong with a template, in words that name the remedy; empty when it is fine. */
export const templateFaults = (
  name: MessageName,
  template: string,
  publicMay: PackDocument['publicMay'] = [],
): string[] => {
  let used: string[];
  try {
    used = engine.globalVariablesSync(template);
  } catch (error) {
    return [`not a Liquid template: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`];
  }
  // A draft of a post is published by a person, word for word.
  const isPublic = name.startsWith('public') || name === 'socialDraft';
  const allowed: readonly string[] = isPublic
    ? [...publicFacts, ...publicMay.flatMap((permitted) => permittedFacts[permitted])]
    : [...publicFacts, ...internalFacts];
  return used
    .filter((fact) => !allowed.includes(fact))
    .map((fact) =>
      isPublic && (internalFacts as readonly string[]).includes(fact)
        ? `{{ ${fact} }} must not reach customers; use ${allowed.join(', ')}`
        : `{{ ${fact} }} is not a fact of a message; use ${allowed.join(', ')}`,
    );
};
