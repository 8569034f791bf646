/**
 * PostgreSQL's text holds no NUL and its jsonb no lone surrogate
 * (https://www.postgresql.org/docs/18/datatype-json.html). Monitors send both, and an alert must not be lost for one
 * character: both become U+FFFD.
 */
export const plain = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();

/** The value as text for a jsonb column. */
export const json = (value: unknown): string => {
  const text = JSON.stringify(value ?? null);
  // Escape by escape, so that an escaped backslash before `u0000` is not mistaken for a NUL.
  return text.replaceAll(/\\(u0000|ud[89a-f][0-9a-f]{2}|.)/g, (sequence, name: string) =>
    name.length === 1 ? sequence : '\ufffd',
  );
};
