/** A drill as it is told while it happens: one line per timeline entry, in the time of its scenario. */
import type { IncidentView, TimelineItem } from '../../schema/incident.ts';

type Clock = Pick<IncidentView, 'declaredAt' | 'speed'>;

/** `04:10  remediation applied   Rolled back ...`; without the incident the clock is not known yet. */
export const storyLine = ({ at, kind, text }: Pick<TimelineItem, 'at' | 'kind' | 'text'>, incident: Clock | null) =>
  `${scenarioClock(at, incident)}  ${label(kind).padEnd(22)} ${text}`;

/** Minutes and seconds since the declaration, as the people of the scenario feel them. */
export const scenarioClock = (at: string, incident: Clock | null): string => {
  if (incident === null) return '--:--';
  const seconds = Math.max(0, ((Date.parse(at) - Date.parse(incident.declaredAt)) * incident.speed) / 1_000);
  const pad = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const clock = `${pad((seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return seconds >= 3_600 ? `${pad(seconds / 3_600)}:${clock}` : clock;
};

/** `remediationApplied` as `remediation applied`. */
const label = (kind: string): string => kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
