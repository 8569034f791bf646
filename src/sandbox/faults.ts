/** Trouble on request, for tests: an answer that is lost after the effect, a refusal, a connection that breaks. */
import { asFields, asText } from './wire.ts';

export interface Fault {
  /** Path prefix on this server, such as `/kube/apis/apps/v1/namespaces/shop/deployments/checkout`. */
  path: string;
  /** Any when null. */
  method: string | null;
  /** `dropAfterApply`: the effect happens, the answer does not. `dropBeforeApply`: neither. `status`: this answer, no effect. */
  kind: 'dropAfterApply' | 'dropBeforeApply' | 'status';
  status: number;
  /** How many more requests are hit. */
  times: number;
}

export class Faults {
  private list: Fault[] = [];

  add(fault: Fault): void {
    this.list.push(fault);
  }
  clear(): void {
    this.list = [];
  }
  get all(): readonly Fault[] {
    return this.list;
  }

  /** The fault that hits this request, used up by one. A dry run applies nothing, so `dropAfterApply` waits for the real one. */
  take(method: string, path: string, isDryRun: boolean): Fault | null {
    const hit = this.list.find(
      (fault) =>
        fault.times > 0 &&
        path.startsWith(fault.path) &&
        (fault.method === null || fault.method === method) &&
        !(isDryRun && fault.kind === 'dropAfterApply'),
    );
    if (!hit) return null;
    hit.times -= 1;
    this.list = this.list.filter((fault) => fault.times > 0);
    return hit;
  }
}

/** Null when the order cannot be understood. */
export const readFault = (value: unknown): Fault | null => {
  const given = asFields(value);
  const path = asText(given?.path);
  const kind = asText(given?.kind);
  if (!path?.startsWith('/')) return null;
  if (kind !== 'dropAfterApply' && kind !== 'dropBeforeApply' && kind !== 'status') return null;
  const status = typeof given?.status === 'number' ? given.status : 503;
  const times = typeof given?.times === 'number' ? given.times : 1;
  return { path, method: asText(given?.method)?.toUpperCase() ?? null, kind, status, times };
};
