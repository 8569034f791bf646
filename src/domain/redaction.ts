/**
 * Takes secrets out of text that was not written by us: log lines and event messages. What looks like a secret by its
 * shape or by the word before it is replaced; better one word too many than one too few.
 */
export const redactSecrets = (text: string): string =>
  shapes.reduce((clean, [shape, instead]) => clean.replace(shape, instead), text);

/**
 * True when any text in it, or a text under the name beside it (`name: value`, or `{ key, value }`), looks like a secret.
 * For what people hand in to be kept: a secret must never get into a plan, a history or a record.
 */
export const holdsSecret = (given: unknown, name = ''): boolean => {
  if (typeof given === 'string') return [given, `${name}=${given}`].some((text) => redactSecrets(text) !== text);
  if (typeof given !== 'object' || given === null) return false;
  const { key } = given as { key?: unknown };
  return Object.entries(given).some(([member, value]) =>
    holdsSecret(value, member === 'value' && typeof key === 'string' ? key : member),
  );
};

const gone = '[redacted]';
const shapes: [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, gone],
  // user:password in an address
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]+@/gi, `$1:${gone}@`],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${gone}`],
  // JSON web tokens, then the well-known prefixes of vendors
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, gone],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, gone],
  [/\b(gh[pousr]_|github_pat_|xox[abeprs]-|sk_live_|sk_test_|rk_live_|sk-|glpat-|sbx_)[A-Za-z0-9_-]{8,}/g, gone],
  // a telling name and its value: password=..., "api_key": "...", DB_SECRET=...
  [
    /([\w.-]*(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|authorization|cookie|credential)[\w.-]*["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&"'}]+)/gi,
    `$1${gone}`,
  ],
];
