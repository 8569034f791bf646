/** Names that Kubernetes makes: its alphabet leaves out vowels and look-alikes, so that no word arises by chance. */
import { randomInt } from 'node:crypto';
import { canonical, hashLabel, type PodTemplate } from './objects.ts';

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Five letters, as in the last part of a pod's name. */
export const randomSuffix = (): string =>
  Array.from({ length: 5 }, () => alphabet[randomInt(alphabet.length)]).join('');

/** The template without the label that the controller adds: what "the same template" compares. */
export const withoutHash = (template: PodTemplate): PodTemplate => {
  const { [hashLabel]: _, ...labels } = template.metadata.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
};

/** Templates are replaced, never changed in place, so the text of one can be kept. */
const texts = new WeakMap<PodTemplate, string>();

const textOf = (template: PodTemplate): string => {
  const known = texts.get(template);
  if (known !== undefined) return known;
  const text = canonical(withoutHash(template));
  texts.set(template, text);
  return text;
};

export const isSameTemplate = (left: PodTemplate, right: PodTemplate): boolean => textOf(left) === textOf(right);

/** Equal templates give equal hashes. The real one hashes Go's memory dump (FNV-32a); ours hashes canonical JSON. */
export const templateHash = (template: PodTemplate): string => {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(textOf(template))) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return [...String(hash)].map((digit) => alphabet[digit.charCodeAt(0) % alphabet.length]).join('');
};
