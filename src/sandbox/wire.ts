/** A request and an answer as the sandbox's vendors see them: no sockets, so that faults can be played around them. */

export interface SandboxRequest {
  method: string;
  /** Below the vendor's prefix, decoded segment by segment: `/api/v1/query`. */
  path: string;
  query: URLSearchParams;
  /** Lower-case names. */
  headers: Record<string, string | undefined>;
  body: Buffer;
}

export interface SandboxAnswer {
  status: number;
  headers?: Record<string, string>;
  /** Text goes out as it is, everything else as JSON. */
  body?: unknown;
}

export const answer = (status: number, body?: unknown, headers: Record<string, string> = {}): SandboxAnswer => ({
  status,
  headers,
  body,
});

/** The body as JSON, or null when it is none. */
export const jsonBody = (request: SandboxRequest): unknown => {
  try {
    return JSON.parse(request.body.toString('utf8'));
  } catch {
    return null;
  }
};

export type Fields = Record<string, unknown>;

/** Objects only; lists, null and scalars are null. */
export const asFields = (value: unknown): Fields | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;

export const asText = (value: unknown): string | null => (typeof value === 'string' ? value : null);
