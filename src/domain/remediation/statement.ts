/** A SQL statement as people may see it: what it does, without the data it does it with. */

export interface Statement {
  /** Without literals and comments, on one line, at most `charsMax` long. */
  text: string;
  /** Its text only asks for rows. A function it calls may do more, and what was cut off is taken for a change. */
  readsOnly: boolean;
}

const charsMax = 300;
const changes = /\b(insert|update|delete|merge|into|call|do|copy|create|alter|drop|truncate|lock|nextval|setval)\b/;

/**
 * One value for all statements that differ only in their data. `isCut`: the server kept only the beginning of it.
 * Data is never let through: what is not understood for sure is left out with all that follows it.
 */
export const bareStatement = (sql: string, isCut = false): Statement => {
  const bare = withoutData(sql)
    .replace(/\s+/g, ' ')
    .replace(/(\?|\$\d+)(?:\s*,\s*(?:\?|\$\d+))+/g, '$1, …')
    .trim();
  const cut = isCut || bare.endsWith(unclear);
  return {
    text: bare.length > charsMax ? `${bare.slice(0, charsMax - 1)}…` : bare,
    readsOnly: /^\(*\s*(select|with|values|table|show)\b/i.test(bare) && !changes.test(outsideNames(bare)) && !cut,
  };
};

const unclear = '…?';

/** Where the text goes on behind the token that begins at `at`, and what stands for it; null: nothing of it is sure. */
type Token = { end: number; shown: string } | null;

const withoutData = (sql: string): string => {
  let shown = '';
  for (let at = 0; at < sql.length; ) {
    const token = tokenAt(sql, at, shown);
    if (token === null) return `${shown}${unclear}`;
    shown += token.shown;
    at = token.end;
  }
  return shown;
};

const tokenAt = (sql: string, at: number, before: string): Token => {
  const rest = sql.slice(at);
  if (rest.startsWith('--')) return { end: endOf(sql, at, '\n'), shown: ' ' };
  if (rest.startsWith('/*')) return { end: endOfComment(sql, at), shown: ' ' };
  if (rest.startsWith('"')) return quotedName(sql, at);
  const text = /^(?:[ebnx]|u&)?'/i.exec(rest);
  if (text && !endsInWord(before)) return literal(sql, at + text[0].length, /^e/i.test(text[0]));
  const tag = /^\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/.exec(rest);
  if (tag && !endsInWord(before)) {
    const close = sql.indexOf(tag[0], at + tag[0].length);
    return close < 0 ? null : { end: close + tag[0].length, shown: '?' };
  }
  const parameter = /^\$\d+/.exec(rest);
  if (parameter) return { end: at + parameter[0].length, shown: parameter[0] };
  const number = /^(?:0[xob][\da-f_]+|\d[\d_]*(?:\.[\d_]*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)/i.exec(rest);
  if (number && !endsInWord(before)) return { end: at + number[0].length, shown: '?' };
  const word = /^[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/.exec(rest);
  if (word) return { end: at + word[0].length, shown: word[0] };
  return rest.startsWith("'") ? null : { end: at + 1, shown: rest.charAt(0) };
};

const endsInWord = (text: string): boolean => /[\w$\u0080-\uffff]$/.test(text);

const endOf = (sql: string, at: number, mark: string): number => {
  const found = sql.indexOf(mark, at);
  return found < 0 ? sql.length : found + mark.length;
};

/** Comments nest in SQL. */
const endOfComment = (sql: string, at: number): number => {
  let depth = 0;
  for (let end = at; end < sql.length; ) {
    const two = sql.slice(end, end + 2);
    if (two === '/*') depth += 1;
    if (two === '*/') depth -= 1;
    end += two === '/*' || two === '*/' ? 2 : 1;
    if (depth === 0) return end;
  }
  return sql.length;
};

const quotedName = (sql: string, at: number): Token => {
  const name = /^"(?:[^"]|"")*"/.exec(sql.slice(at));
  return name ? { end: at + name[0].length, shown: name[0] } : null;
};

/**
 * `from` is behind the opening quote. Whether a backslash hides a quote depends on a setting of the session
 * (standard_conforming_strings) unless the literal says so itself, so where it matters the end is not known.
 */
const literal = (sql: string, from: number, escapes: boolean): Token => {
  for (let at = from; at < sql.length; at += 1) {
    const char = sql.charAt(at);
    if (char === '\\' && escapes) at += 1;
    else if (char === '\\' && sql.charAt(at + 1) === "'") return null;
    else if (char === "'" && sql.charAt(at + 1) === "'") at += 1;
    else if (char === "'") return { end: at + 1, shown: '?' };
  }
  return null;
};

/** A column may be called "update". */
const outsideNames = (bare: string): string => bare.replace(/"(?:[^"]|"")*"/g, '""').toLowerCase();
