/** The HTTP API as the command line sees it: one attempt per call, answers checked, refusals in words. */
import type { z } from 'zod';
import { Problem } from '../schema/api.ts';
import type { Connection } from './credentials.ts';
import { CommandFailed } from './failure.ts';

export interface Answer<Value> {
  value: Value;
  /** As the API wrote it, for --json. */
  raw: unknown;
}

const requestTimeoutMs = 30_000;

export class ApiClient {
  readonly #connection: Connection;
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<Answer<z.infer<Schema>>> {
    return this.#json('GET', path, schema);
  }

  /** `idempotencyKey` makes a repeated declaration the same incident. */
  post<Schema extends z.ZodType>(
    path: string,
    body: unknown,
    schema: Schema,
    idempotencyKey?: string,
  ): Promise<Answer<z.infer<Schema>>> {
    return this.#json('POST', path, schema, body, idempotencyKey);
  }

  async delete(path: string, body?: unknown): Promise<void> {
    await this.#send('DELETE', path, body);
  }

  /** Plain text, such as the postmortem's Markdown. */
  async text(path: string): Promise<string> {
    return (await this.#send('GET', path)).text();
  }

  async #json<Schema extends z.ZodType>(
    method: string,
    path: string,
    schema: Schema,
    body?: unknown,
    idempotencyKey?: string,
  ): Promise<Answer<z.infer<Schema>>> {
    const response = await this.#send(method, path, body, idempotencyKey);
    const raw: unknown = await response.json().catch(() => undefined);
    const parsed = schema.safeParse(raw);
    if (!parsed.success) {
      throw new CommandFailed(
        `${method} ${path} was answered in a shape this muster does not know; the API may be of another version, see ${this.#connection.baseUrl}/openapi.json`,
      );
    }
    return { value: parsed.data, raw };
  }

  async #send(method: string, path: string, body?: unknown, idempotencyKey?: string): Promise<Response> {
    const { baseUrl, token } = this.#connection;
    let response: Response;
    try {
      response = await fetch(`${baseUrl}${path}`, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(requestTimeoutMs),
        headers: {
          accept: 'application/json, text/markdown',
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw new CommandFailed(this.#unreachable(method, error));
    }
    if (!response.ok) throw await this.#refused(response);
    return response;
  }

  #unreachable(method: string, error: unknown): string {
    const reason =
      error instanceof Error && error.name === 'TimeoutError' ? 'did not answer in time' : 'does not answer';
    const next =
      method === 'GET'
        ? 'start it with "npm start", or point MUSTER_API at the right address'
        : 'the command may have arrived: look with "muster show" before you repeat it. If Muster is not running, start it with "npm start" or point MUSTER_API at the right address';
    return `the API at ${this.#connection.baseUrl} ${reason}; ${next}`;
  }

  async #refused(response: Response): Promise<CommandFailed> {
    const body: unknown = await response.json().catch(() => null);
    const problem = Problem.safeParse(body);
    const lines = problem.success
      ? [
          problem.data.detail || problem.data.title,
          ...(problem.data.errors ?? []).map((fault) => `  ${fault.path}: ${fault.message}`),
        ]
      : [`the API answered ${response.status} without an explanation; look into its log`];
    if (response.status === 401) lines.push(this.#howToLogIn());
    return new CommandFailed(lines.join('\n'), 1, body);
  }

  #howToLogIn(): string {
    const { token, searched } = this.#connection;
    return token
      ? 'the token was not accepted; take the one that "npm start" prints, or your own, and set MUSTER_TOKEN'
      : `no token was found: set MUSTER_TOKEN${searched.length > 0 ? ` or write it to ${searched[0]}` : ''}`;
  }
}
