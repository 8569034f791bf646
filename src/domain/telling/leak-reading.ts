/** How a text can be read: as it looks, put back together, and decoded. What a reader can make out, the guard must too. */

export interface Reading {
  text: string;
}

/** Letters of other scripts that look like Latin ones (from Unicode's confusables, the everyday part). */
const lookAlikes: Record<string, string> = {
  а: 'a',
  в: 'b',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  ё: 'e',
  ғ: 'f',
  ɡ: 'g',
  һ: 'h',
  н: 'h',
  і: 'i',
  ї: 'i',
  ј: 'j',
  к: 'k',
  ӏ: 'l',
  м: 'm',
  п: 'n',
  о: 'o',
  р: 'p',
  ԛ: 'q',
  г: 'r',
  ѕ: 's',
  т: 't',
  υ: 'u',
  ѵ: 'v',
  ԝ: 'w',
  х: 'x',
  у: 'y',
  ᴢ: 'z',
  А: 'A',
  В: 'B',
  С: 'C',
  Е: 'E',
  Н: 'H',
  І: 'I',
  Ј: 'J',
  К: 'K',
  М: 'M',
  О: 'O',
  Р: 'P',
  Ѕ: 'S',
  Т: 'T',
  Х: 'X',
  У: 'Y',
  Ԍ: 'G',
  Ԛ: 'Q',
  Ԝ: 'W',
  α: 'a',
  β: 'b',
  ε: 'e',
  η: 'n',
  ι: 'i',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  σ: 'o',
  τ: 't',
  χ: 'x',
  γ: 'y',
  ω: 'w',
  Α: 'A',
  Β: 'B',
  Ε: 'E',
  Ζ: 'Z',
  Η: 'H',
  Ι: 'I',
  Κ: 'K',
  Μ: 'M',
  Ν: 'N',
  Ο: 'O',
  Ρ: 'P',
  Τ: 'T',
  Υ: 'Y',
  Χ: 'X',
  ı: 'i',
  ȷ: 'j',
  ɑ: 'a',
  ʟ: 'l',
  ѡ: 'w',
  ꞌ: "'",
  '’': "'",
  '‘': "'",
  '‐': '-',
  '‑': '-',
  '‒': '-',
  '–': '-',
  '—': '-',
  '−': '-',
  '․': '.',
  '。': '.',
  '·': '.',
  '∕': '/',
  '⁄': '/',
  '：': ':',
  '∶': ':',
};

/** Nothing to see, everything to hide: zero width, soft hyphen, direction marks, tags, fillers. */
const invisible = /\p{Cf}|[\u115f\u1160\u3164\uffa0]/gu;
const encodedCharactersMax = 2_000;

/** The readings of one text, the plain one first. */
export const asRead = (text: string): Reading[] => {
  const plain = folded(text);
  const readings = [plain, rejoined(plain), undone(plain), ...decoded(plain).map(folded)];
  return [...new Set(readings)].map((each) => ({ text: each }));
};

/** One letter for all that look like it; marks and invisible characters gone; one kind of blank. */
const folded = (text: string): string =>
  text
    .replace(/&#(x[0-9a-f]{1,6}|\d{1,7});/gi, (whole, code: string) => characterOf(code) ?? whole)
    .replace(invisible, '')
    .normalize('NFKC')
    .replace(invisible, '')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{ASCII}]/gu, (character) => lookAlikes[character] ?? character)
    .normalize('NFC')
    .replace(/[^\S\n]+/g, ' ');

const characterOf = (code: string): string | null => {
  const point = code.startsWith('x') || code.startsWith('X') ? Number.parseInt(code.slice(1), 16) : Number(code);
  return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : null;
};

/** `d b - 1 . p r o d` to `db-1.prod`: runs of single characters are one word. */
const rejoined = (text: string): string =>
  text.replace(/(?<![^\s])(?:[^\s] ){3,}[^\s](?![^\s])/g, (run) => run.replaceAll(' ', ''));

/** `db[.]prod`, `db (dot) prod`, `hxxps://`, `name at host`: the usual ways around a filter. */
const undone = (text: string): string =>
  text
    .replace(/\s*[[({<]\s*(?:\.|dot)\s*[\])}>]\s*/gi, '.')
    .replace(/\s*[[({<]\s*(?:@|at)\s*[\])}>]\s*/gi, '@')
    .replace(/(?<=[\w-]) (?:dot|\.) (?=[\w-])/gi, '.')
    .replace(/\bhxxp/gi, 'http')
    .replace(/(?<=\w)\s*\\\s*(?=[.\w])/g, '')
    .replace(/(?<=[\w-]) ?\. ?(?=(?:internal|local|svc|lan|corp|com|net|org|io|cluster|prod|prd|dev|intra)\b)/gi, '.');

/** Base64, hexadecimal and percent encoding that decode to readable text. */
const decoded = (text: string): string[] => {
  const found: string[] = [];
  if (/%[0-9a-f]{2}/i.test(text))
    found.push(text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))));
  for (const [token] of text.slice(0, encodedCharactersMax).matchAll(/[A-Za-z0-9+/_-]{8,}={0,2}/g)) {
    const base64 = readable(() => bytesOfBase64(token));
    if (base64 !== null) found.push(base64);
    const hex = /^(?:[0-9a-fA-F]{2}){6,}$/.test(token) ? readable(() => bytesOfHex(token)) : null;
    if (hex !== null) found.push(hex);
  }
  return found;
};

const bytesOfBase64 = (token: string): number[] =>
  [...atob(token.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/'))].map((character) =>
    character.charCodeAt(0),
  );

const bytesOfHex = (token: string): number[] => (token.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));

const readable = (decode: () => number[]): string | null => {
  try {
    const bytes = decode();
    const isText = bytes.length >= 5 && bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
    return isText ? String.fromCharCode(...bytes) : null;
  } catch {
    // Not that encoding after all.
    return null;
  }
};
