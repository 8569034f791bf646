/** The longest name chat vendors take (Slack: 80, lower case letters, digits, hyphen, underscore). */
const roomNameMax = 80;

/** Lower case words joined by hyphens; anything else is dropped. Never empty. */
export const slug = (text: string, charactersMax: number): string => {
  const words = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 0);
  let name = '';
  for (const word of words) {
    const longer = name === '' ? word : `${name}-${word}`;
    if (longer.length > charactersMax) break;
    name = longer;
  }
  return name || (words[0]?.slice(0, charactersMax) ?? 'incident');
};

/** Fills `{date}` (YYYY-MM-DD), `{time}` (HHMM), `{slug}` and `{id}` of a pack's pattern, within the vendor's length. */
export const roomName = (pattern: string, incident: { id: string; title: string; declaredAt: string }): string => {
  const fixed = pattern
    .replace('{date}', incident.declaredAt.slice(0, 10))
    .replace('{time}', incident.declaredAt.slice(11, 16).replace(':', ''))
    .replace('{id}', incident.id.toLowerCase());
  const left = roomNameMax - (fixed.length - '{slug}'.length);
  return fixed.replace('{slug}', slug(incident.title, Math.min(40, left)));
};
