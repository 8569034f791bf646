/** What an incident did under its policy, in words short enough for a table beside the document. */
import type { SimulatedItem } from '../../src/domain/incident/simulate.ts';
import type { TimelineItem } from '../../src/schema/incident.ts';

/** Minutes count from the declaration; `d HH:MM` are days after it and the clock in UTC. */
export interface Schedule {
  pages: string;
  told: string;
  internal: string;
  public: string;
  hold: string;
  archive: string;
  watch: string;
  review: string;
  document: string;
}

const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;
const none = 'none';

export const simulatedSchedule = (items: SimulatedItem[]): Schedule => {
  const of = (kind: SimulatedItem['kind']): SimulatedItem[] => items.filter((item) => item.kind === kind);
  const [first] = items;
  const startMs = Date.parse(first?.at ?? '') - (first?.atMinutes ?? 0) * minuteMs;
  const minutes = (kind: SimulatedItem['kind']): number[] => of(kind).map(({ atMinutes }) => Math.round(atMinutes));
  return {
    pages: calls(of('page').map(({ atMinutes, who, via }) => `${Math.round(atMinutes)} ${who} by ${via}`)),
    told: list(of('notify').map(({ atMinutes, who, via }) => `${Math.round(atMinutes)} ${who} by ${via}`)),
    internal: list(minutes('internalUpdate').map(String)),
    public: list(minutes('publicUpdate').map(String)),
    hold: `${minutes('hold')[0]} to ${minutes('resolved')[0]}`,
    archive: list(minutes('archive').map(String)),
    watch: list(minutes('watch').map(String)),
    review: list(of('review').map(({ at }) => dayAndClock(at, startMs))),
    document: list(of('document').map(({ at }) => dayAndClock(at, startMs))),
  };
};

const ways: Record<string, string> = { 'in chat': 'chat', directly: 'direct', 'by a ticket': 'ticket' };

export const livedSchedule = (
  declaredAt: string,
  timeline: TimelineItem[],
  followUp: { reviewAt: string | null; documentDueAt: string | null } | null,
): Schedule => {
  const startMs = Date.parse(declaredAt);
  const of = (kind: string): TimelineItem[] => timeline.filter((entry) => entry.kind === kind);
  const minuteOf = ({ at }: TimelineItem): number => Math.round((Date.parse(at) - startMs) / minuteMs);
  const minutes = (kind: string): string[] => of(kind).map((entry) => String(minuteOf(entry)));
  return {
    pages: calls(
      of('paged').map((entry) => {
        const [, name, via] = /^Paged (\S+) \(.*\) by (\w+)\.$/.exec(entry.text) ?? [];
        return `${minuteOf(entry)} ${name} by ${via}`;
      }),
    ),
    told: list(
      of('notified').flatMap((entry) => {
        const parts = /^Told (.*)\.$/.exec(entry.text)?.[1]?.split('; ') ?? [];
        return parts.flatMap((part) => {
          const [, names = '', how = ''] = /^(.*) (in chat|directly|by a ticket)$/.exec(part) ?? [];
          return names.split(', ').map((name) => `${minuteOf(entry)} ${name} by ${ways[how]}`);
        });
      }),
    ),
    internal: list(minutes('updateMissed')),
    public: list(minutes('publicUpdatePosted')),
    hold: `${minutes('holdStarted')[0]} to ${minutes('resolved')[0]}`,
    archive: list(minutes('roomArchived')),
    watch: list(
      of('note')
        .filter(({ text }) => text.startsWith('The enhanced monitoring'))
        .map((entry) => String(minuteOf(entry))),
    ),
    review: followUp?.reviewAt ? dayAndClock(followUp.reviewAt, startMs) : none,
    document: followUp?.documentDueAt ? dayAndClock(followUp.documentDueAt, startMs) : none,
  };
};

/** Phones of one minute ring at once, in no order. */
const calls = (pages: string[]): string =>
  list(
    pages.toSorted((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10) || one.localeCompare(other)),
  );

const list = (words: string[]): string => (words.length > 0 ? words.join(', ') : none);

const dayAndClock = (at: string, startMs: number): string => {
  const midnight = Math.floor(startMs / dayMs) * dayMs;
  const roundMs = Math.round(Date.parse(at) / minuteMs) * minuteMs;
  return `${Math.floor((roundMs - midnight) / dayMs)} d ${new Date(roundMs).toISOString().slice(11, 16)}`;
};
