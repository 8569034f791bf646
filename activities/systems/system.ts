/**
 * How requests of one kind are tried, sent and looked for. The protocol around them (../run/) is the same for all.
 * Adding a system: a member of `Request` in src/schema/remediation.ts, one file here and one line in index.ts.
 */
import type { Plan, Request } from '../../src/schema/remediation.ts';
import type { ActionContext } from '../actions/action.ts';

export interface Refusal {
  /** The other side's code; null: no answer came, so what became of the request is open. */
  status: number | null;
  because: string;
  /** A no that repeating cannot change. */
  final: boolean;
  /** A no for now, with nothing done: worth asking again. */
  waits?: boolean;
}

export interface System<Kind extends Request = Request> {
  /**
   * Asks what the other side would say; nothing is changed. Throws Refused where it would not be allowed, and
   * VendorError where asking again may help.
   */
  tryOut(context: ActionContext, request: Kind): Promise<Plan['dryRun']>;
  /** One attempt. Null: the other side said yes. Otherwise, unless `final` or `waits`, the outcome is open. */
  send(context: ActionContext, request: Kind): Promise<Refusal | null>;
  /**
   * A fresh read of what the request changes; null when it is not there or is another one of its name, undefined when
   * nothing can be read at all. Throws Refused or VendorError as reading does.
   */
  look(context: ActionContext, request: Kind): Promise<unknown>;
}
