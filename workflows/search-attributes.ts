import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

const keyword = <Name extends string>(name: Name) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);

/** What incidents can be listed by in the Temporal UI. Set at the start; the workflow changes two of them. */
export const attributes = {
  service: keyword('IncidentService'),
  severity: keyword('IncidentSeverity'),
  status: keyword('IncidentStatus'),
  pack: keyword('IncidentPack'),
  kind: keyword('IncidentKind'),
  team: keyword('IncidentTeam'),
} as const;
