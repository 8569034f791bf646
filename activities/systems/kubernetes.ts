import { VendorError } from '../../src/domain/errors.ts';
import type { KubernetesRequest } from '../../src/schema/remediation.ts';
import { Refused } from '../actions/action.ts';
import { messageOf, permissionMissing, readRaw, verdictOf, waitsForBudget } from '../actions/cluster-reads.ts';
import type { System } from './system.ts';

const fieldManager = { fieldManager: 'muster' };

export const kubernetes: System<KubernetesRequest> = {
  /** The same bytes as later, except that the server stores nothing. Admission and permissions are real; scheduling is not. */
  async tryOut({ cluster }, request) {
    const answer = verdictOf(await cluster.request({ ...wire(request), query: { ...fieldManager, dryRun: 'All' } }));
    const { status, body } = answer;
    if (waitsForBudget(answer))
      return { accepted: true, finding: `the API server would accept it later, and it waits: ${messageOf(body)}` };
    if (status >= 200 && status < 300)
      return { accepted: true, finding: 'the API server accepted the same request as a dry run' };
    if (status === 403) throw new Refused(`${permissionMissing(request)} (the cluster says: ${messageOf(body)})`);
    if (status >= 500 || status === 429 || status === 409)
      throw new VendorError(`kubernetes answered ${status} to the dry run: ${messageOf(body)}`, {
        vendor: 'kubernetes',
        status,
        terminal: false,
      });
    return { accepted: false, finding: `the API server refused the dry run: ${messageOf(body)}` };
  },

  async send({ cluster }, request) {
    try {
      const answer = verdictOf(await cluster.request({ ...wire(request), query: fieldManager }));
      const { status, body } = answer;
      if (status >= 200 && status < 300) return null;
      if (waitsForBudget(answer))
        return { status, because: `not allowed yet: ${messageOf(body)}`, final: false, waits: true };
      if (status === 403)
        return { status, because: `${permissionMissing(request)} (the cluster says: ${messageOf(body)})`, final: true };
      return {
        status,
        because: `the cluster answered ${status}: ${messageOf(body)}`,
        final: [400, 401, 404, 405, 415, 422].includes(status),
      };
    } catch (error) {
      if (error instanceof VendorError && error.status === null)
        return { status: null, because: error.message, final: false };
      throw error;
    }
  },

  async look({ cluster }, request) {
    const fresh = await readRaw(cluster, request.reads ?? request.path);
    const uid = (fresh as { metadata?: { uid?: unknown } } | null)?.metadata?.uid;
    return uid === request.uid ? fresh : null;
  },
};

const wire = ({ method, path, contentType, body }: KubernetesRequest) => ({ method, path, contentType, body });
