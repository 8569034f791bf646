import type { TimelineEntry } from '../../schema/incident.ts';
import { course } from './course.ts';
import type { Fact, Tellings } from './fact.ts';
import { paging } from './paging.ts';
import { remediation } from './remediation.ts';
import type { IncidentState, Rules } from './state.ts';
import { type Announcement, Story } from './story.ts';
import { team } from './team.ts';
import { updates } from './updates.ts';

export interface Evolution {
  state: IncidentState;
  entries: TimelineEntry[];
  announcements: Announcement[];
}

const tellings: Tellings = { ...course, ...paging, ...team, ...updates, ...remediation };

/** Pure: the next state, what the timeline says of it and whom to tell. */
export const evolve = (before: IncidentState, fact: Fact, rules: Rules): Evolution => {
  const story = new Story(before, fact.at, rules);
  tell(story, fact);
  story.state.version += 1;
  return { state: story.state, entries: story.entries, announcements: story.announcements };
};

const tell = <Kind extends Fact['kind']>(story: Story, fact: Extract<Fact, { kind: Kind }>): void =>
  tellings[fact.kind as Kind](story, fact);
