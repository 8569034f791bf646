/** Known faults in lines of log, by the words that common libraries and servers have for them. Pure. */
import type { Signature } from '../../schema/evidence.ts';
import { safeText } from '../shorten.ts';

const exampleChars = 300;

/** A line shows the first of these that it has the words of, so the more telling ones come first. */
const shapes: [Signature['name'], RegExp][] = [
  [
    'tooManyConnections',
    /too many (clients|connections)|remaining connection slots|connection pool (is )?(exhausted|timed? ?out)|timeout (exceeded when trying to connect|acquiring a connection)|unable to acquire .{0,20}connection|QueuePool limit/i,
  ],
  [
    'outOfMemory',
    /\bOutOfMemory|out of memory|heap out of memory|\bOOM\b|oom[- ]?kill|cannot allocate memory|MemoryError|\bENOMEM\b/i,
  ],
  ['diskFull', /no space left on device|\bENOSPC\b|disk (is )?full|could not extend file/i],
  ['deadlock', /deadlock (detected|found)|lock wait timeout|could not obtain lock/i],
  [
    'certificate',
    /certificate (has )?(expired|is not yet valid|verify failed|signed by unknown)|x509:|CERT_HAS_EXPIRED|unable to (verify|get) .{0,20}certificate|self[- ]signed certificate|SSLHandshakeException|CERTIFICATE_VERIFY_FAILED/i,
  ],
  [
    'unauthorised',
    /\b(status|code|statusCode|http|answered|returned)["':= ]{1,4}(401|403)\b|\b(401 unauthori[sz]ed|403 forbidden)\b|password authentication failed|access denied|invalid (api[_ -]?key|credentials|token)|authentication failed|InvalidClientTokenId|ExpiredToken/i,
  ],
  [
    'migration',
    /(relation|column|table) "?[\w."]+"? (does not exist|already exists)|no such (table|column)|unknown column|pending migrations?|migration .{0,60}(failed|error|not applied)/i,
  ],
  [
    'missingSetting',
    /(missing|required|undefined|unknown|no such) (required )?(environment variable|env(ironment)? var|setting|config(uration)?( (key|option|value))?|key|secret)|(environment variable|setting|config(uration)?( key)?) .{0,80}(is )?(missing|not set|required|undefined)|KeyError/i,
  ],
  [
    'nameNotFound',
    /\bENOTFOUND\b|\bEAI_AGAIN\b|no such host|name (or service )?not known|could not resolve host|UnknownHostException/i,
  ],
  ['connectionRefused', /connection refused|\bECONNREFUSED\b|actively refused/i],
  ['timeout', /\bETIMEDOUT\b|timed? ?out|deadline exceeded|\btimeout\b/i],
];

/** Most frequent first; of equals the more telling one. Examples are shortened and free of secrets. */
export const signaturesOf = (lines: Iterable<string>): Signature[] => {
  const found = new Map<Signature['name'], Signature>();
  for (const line of lines) {
    const shape = shapes.find(([, words]) => words.test(line));
    if (!shape) continue;
    const [name] = shape;
    const known = found.get(name);
    if (known) known.count += 1;
    else found.set(name, { name, count: 1, example: safeText(line.trim(), exampleChars) });
  }
  const order = shapes.map(([name]) => name);
  return [...found.values()].sort(
    (one, other) => other.count - one.count || order.indexOf(one.name) - order.indexOf(other.name),
  );
};
