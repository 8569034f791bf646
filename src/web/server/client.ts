/** The only way from the pages to the API: JSON in and out, the session cookie, problems as errors. */
import { observeServerDate } from './clock.ts';

export interface Problem {
  title: string;
  status: number;
  code: string;
  detail: string;
  errors?: { path: string; message: string }[];
}

/** The API said no (or nothing: status 0). `problem.detail` names the next action for the person. */
export class RequestFailed extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = 'RequestFailed';
    this.problem = problem;
  }
}

const unreachable: Problem = {
  title: 'Muster does not answer',
  status: 0,
  code: 'unreachable',
  detail: 'No answer came. The page tries again by itself; the command line or the Temporal UI may still reach it.',
};

/** What went wrong, whatever was thrown. */
export const problemOf = (thrown: unknown): Problem =>
  thrown instanceof RequestFailed
    ? thrown.problem
    : {
        title: 'This page failed',
        status: 0,
        code: 'bug',
        detail: thrown instanceof Error ? thrown.message : String(thrown),
      };

export const mePath = '/api/v1/me';
/** Tells of a session that ended while a page was open: `signed-out`. */
export const signedOut = new EventTarget();

const problemFrom = async (response: Response): Promise<Problem> => {
  const fallback = { title: response.statusText || 'Refused', status: response.status, code: 'unknown', detail: '' };
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null ? { ...fallback, ...body } : fallback;
  } catch {
    return { ...fallback, detail: `The answer was ${response.status} without an explanation.` };
  }
};

const answer = async (path: string, init: RequestInit): Promise<Response> => {
  const sentAt = Date.now();
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init });
  } catch {
    throw new RequestFailed(unreachable);
  }
  observeServerDate(response.headers.get('date'), sentAt, Date.now());
  if (response.status === 401 && path !== mePath) signedOut.dispatchEvent(new Event('signed-out'));
  if (!response.ok) throw new RequestFailed(await problemFrom(response));
  return response;
};

/** The API's schemas promise the shape of each answer; the caller names it. */
const json = async <T>(response: Response): Promise<T> =>
  (response.status === 204 ? null : await response.json().catch(() => null)) as T;

export const read = async <T>(path: string): Promise<T> =>
  json<T>(await answer(path, { headers: { accept: 'application/json' } }));

/** Null where the API has nothing of the kind (404): the page then says so in words. */
export const readIfThere = async <T>(path: string): Promise<T | null> => {
  try {
    return await read<T>(path);
  } catch (error) {
    if (error instanceof RequestFailed && error.problem.status === 404) return null;
    throw error;
  }
};

export const readText = async (path: string): Promise<string | null> => {
  try {
    return await (await answer(path, { headers: { accept: 'text/markdown, text/plain' } })).text();
  } catch (error) {
    if (error instanceof RequestFailed && error.problem.status === 404) return null;
    throw error;
  }
};

/** `once` makes a repeat of the same press one effect. */
export const send = async <T>(path: string, body: unknown = {}, options: { once?: string } = {}): Promise<T> =>
  json<T>(
    await answer(path, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        ...(options.once ? { 'idempotency-key': options.once } : {}),
      },
      body: JSON.stringify(body),
    }),
  );

export const remove = async (path: string, body?: unknown): Promise<void> => {
  const sent =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  await answer(path, { method: 'DELETE', ...sent });
};

/** Random key for `once`; works without a secure context too. */
export const freshKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

const segment = encodeURIComponent;
export const incidentPath = (id: string, rest = ''): string => `/api/v1/incidents/${segment(id)}${rest}`;
export const remediationPath = (incidentId: string, id: string, rest: string): string =>
  incidentPath(incidentId, `/remediations/${segment(id)}/${rest}`);
