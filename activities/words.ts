import { type Fact, render, Written, writeFor } from '../src/domain/telling/render.ts';
import type { MessageName } from '../src/schema/policy.ts';
import { type Dependencies, incidentPage } from './dependencies.ts';
import { inWords } from './failure.ts';
import type { Facts, IncidentContext } from './index.ts';

export interface Wording {
  incident: IncidentContext;
  message: MessageName | 'plain';
  facts: Facts;
}

/**
 * The pack's wording with this incident's facts. Should the template fail, the bare facts are said: wording never keeps
 * a message back. Groups of stakeholders are mentioned in a line of their own.
 */
export const wordsOf = (dependencies: Dependencies, telling: Wording, sink: 'chat' | 'mail' = 'chat'): string => {
  const { packs, organisation, webUrl, log } = dependencies;
  const { incident, message, facts } = telling;
  const known: Record<string, Fact> = {
    ...facts,
    id: facts.id ?? incident.incidentId,
    title: facts.title ?? incident.title,
    severity: facts.severity ?? incident.severity,
    service: facts.service ?? incident.service,
    drill: facts.drill ?? incident.drill,
    conference: conferenceOf(dependencies, incident),
    url: facts.url ?? incidentPage(webUrl, incident.incidentId),
  };
  const template = message === 'plain' ? '{{ text }}' : packs.get(incident.pack)?.messages[message];
  let words: string;
  try {
    words = render(template ?? bareFacts, known, sink);
  } catch (error) {
    log.error({ incident: incident.incidentId, message }, inWords(error));
    words = render(bareFacts, known, sink);
  }
  const mentions = mentionsOf(facts.groups, organisation);
  return mentions === null || sink === 'mail' ? words : `${words}\n${mentions.text}`;
};

const bareFacts = '{{ severity }} {{ id }}: {{ title }}{% if text %}: {{ text }}{% endif %}';

/** Group names to live mentions; a group that is a channel or unknown is written as its name. */
const mentionsOf = (groups: unknown, organisation: Dependencies['organisation']): Written | null => {
  if (!Array.isArray(groups) || groups.length === 0) return null;
  const written = groups.map((group: string) => {
    const mention = organisation.groups[group]?.mention;
    return mention?.startsWith('<') ? mention : writeFor('chat', mention ?? group);
  });
  return new Written(`cc ${written.join(' ')}`);
};

/** The link where people meet by voice, for packs that want one; null where the pack or the organisation has none. */
export const conferenceOf = ({ packs, organisation }: Dependencies, incident: IncidentContext): string | null =>
  packs.get(incident.pack)?.room.conference
    ? (organisation.conference?.replace('{id}', encodeURIComponent(incident.incidentId.toLowerCase())) ?? null)
    : null;
