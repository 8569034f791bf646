/** Durations and instants in words, the same on every page. */

const pad = (value: number): string => String(value).padStart(2, '0');

/** For clocks that tick: 0:07, 3:41, 59:59, then 2 h 05, then 3 d 4 h. Never negative. */
export const clockText = (durationMs: number): string => {
  const seconds = Math.max(0, Math.floor(durationMs / 1_000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  if (hours >= 1) return `${hours} h ${pad(minutes % 60)}`;
  return `${minutes}:${pad(seconds % 60)}`;
};

/** For ages in sentences: 40 s, 12 min, 2 h 5 min, 3 d. */
export const ageText = (durationMs: number): string => {
  const seconds = Math.max(0, Math.round(durationMs / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
};

/** "4 min ago" or "in 2 h". */
export const relativeText = (instant: string, nowMs: number): string => {
  const distanceMs = Date.parse(instant) - nowMs;
  if (Number.isNaN(distanceMs)) return instant;
  if (Math.abs(distanceMs) < 5_000) return 'now';
  return distanceMs < 0 ? `${ageText(-distanceMs)} ago` : `in ${ageText(distanceMs)}`;
};

const local = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });

/** The viewer's zone and UTC: "Fri 21 Nov, 09:02:11 CET · 08:02:11 UTC". */
export const absoluteText = (instant: string): string => {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return instant;
  const utc = date.toISOString().slice(11, 19);
  const here = local.format(date);
  return here.includes('UTC') ? here : `${here} · ${utc} UTC`;
};

/** Time of day in the viewer's zone, with seconds. */
export const clockTime = (instant: string | number): string => clock.format(new Date(instant));
export const dayText = (instant: string): string => day.format(new Date(instant));
