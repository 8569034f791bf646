import { VendorError } from '../../src/domain/errors.ts';
import { sameJson } from '../../src/domain/remediation/plan-hash.ts';
import { readSwitch, withValueAt } from '../../src/domain/remediation/switch.ts';
import type { HttpRequest } from '../../src/schema/remediation.ts';
import type { ActionContext } from '../actions/action.ts';
import { notAllowed, readEndpoint, saidBy } from '../actions/endpoint-reads.ts';
import type { Refusal, System } from './system.ts';

export const http: System<HttpRequest> = {
  /** These APIs have no dry run: what can be asked beforehand is whether the state may be read at all. */
  async tryOut(context, { reads }) {
    const { cluster } = context.target;
    if (reads === null) return { accepted: true, finding: `${cluster} has no dry run, and nothing of it can be read` };
    const there = await readEndpoint(context, reads);
    return there
      ? { accepted: true, finding: `${cluster} has no dry run; what the request changes could be read` }
      : { accepted: false, finding: `${cluster} has nothing at ${reads}` };
  },

  async send(context, request) {
    const ready = await withVersion(context, request);
    if ('because' in ready) return ready;
    const { method, path, headers, body } = ready;
    try {
      const answer = await context.endpoint.request({
        method,
        path,
        headers,
        ...(body === undefined || body === null ? {} : { body }),
      });
      return refusalOf(context, request, answer);
    } catch (error) {
      if (error instanceof VendorError && error.status === null)
        return { status: null, because: error.message, final: false };
      throw error;
    }
  },

  async look(context, { reads }) {
    return reads === null ? undefined : readEndpoint(context, reads);
  },
};

/** The request as it leaves; a refusal, with nothing sent, when somebody changed what it compares. */
const withVersion = async (context: ActionContext, request: HttpRequest): Promise<HttpRequest | Refusal> => {
  const { compares, reads } = request;
  if (!compares || reads === null) return request;
  const reading = await readEndpoint(context, reads);
  const now = reading && readSwitch(reading, compares);
  if (!now || !sameJson(now.value, compares.value))
    return { status: 412, because: `somebody changed ${context.target.name} just now`, final: true };
  if (compares.versionTo === null || now.version === null) return request;
  return compares.versionTo === 'if-match'
    ? { ...request, headers: { ...request.headers, 'if-match': String(now.version) } }
    : { ...request, body: withValueAt(request.body, compares.versionTo, now.version) };
};

const refusalOf = (
  context: ActionContext,
  { method, path }: HttpRequest,
  answer: { status: number; body: unknown },
): Refusal | null => {
  const { status, body } = answer;
  if (status >= 200 && status < 300) return null;
  const no = notAllowed(context, `${method} ${path}`, answer);
  if (no !== null) return { status, because: no, final: true };
  const because = `${context.target.cluster} answered ${status}: ${saidBy(body)}`;
  if (status === 423 || status === 429 || isBusy(status, body)) return { status, because, final: false, waits: true };
  return { status, because, final: status < 500 && ![408, 409, 412, 425, 428].includes(status) };
};

/** gRPC gateways answer 400 with code 9 (FAILED_PRECONDITION) where the state stands against it for now; nothing was done. */
const isBusy = (status: number, body: unknown): boolean =>
  status === 400 && typeof body === 'object' && body !== null && (body as { code?: unknown }).code === 9;
