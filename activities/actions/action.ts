/**
 * The contract of an action: a typed verb that changes a target. An action is one file here and one line in index.ts.
 * It says what it would do and how to recognise that it was done; everything around that - dry run, approval, kill
 * switch, ledger, lost answers - is the same for all and lives in ../run/.
 */
import type { z } from 'zod';
import { InvalidInput } from '../../src/domain/errors.ts';
import type { Rules } from '../../src/domain/remediation/mode-rules.ts';
import type { Cluster, Database, Endpoint } from '../../src/integrations/integration.ts';
import type { WeighedKind } from '../../src/schema/change.ts';
import type { Organisation } from '../../src/schema/organisation.ts';
import type { BlastClass, Difference, Guard, Observed, Request, Target } from '../../src/schema/remediation.ts';

export interface ActionContext {
  /** The target's own; each throws InvalidInput where the catalogue knows no way to it. */
  readonly cluster: Cluster;
  readonly database: Database;
  readonly endpoint: Endpoint;
  /** Another database of the catalogue, for what the target depends on. Throws InvalidInput for one there is no way to. */
  databaseOf(name: string): Database;
  readonly organisation: Organisation;
  /** Name of the action that asks. */
  action: string;
  /** What the remediation policies want of every change here. */
  require: Rules['require'];
  incidentId: string;
  target: Target;
  /** Goes to the target, such as into annotation muster.dev/op: evidence for people, never proof. */
  operationId: string;
  /** The node this very worker runs on; null when it was not told. */
  ownNode: string | null;
  /** Hashes of what was rolled back from on this target. */
  badRevisions: string[];
  /**
   * How often an action was carried out on this target in the last days, or may have been: what is on its way or
   * unknown counts, this run and reverts do not. By the ledger, so that nobody has to keep count in the cluster.
   */
  timesDone(action: string, withinDays: number): Promise<number>;
}

/** From one absolute state to another. The state of `before` and `desired` is the action's own. */
export interface Step {
  before: unknown;
  desired: unknown;
  /** In this order. Each carries its precondition in itself and can be looked for, so that it is sent only where it is missing. */
  requests: Request[];
}
type States = Pick<Step, 'before' | 'desired'>;

/** What an action would do. Deterministic: the same target and operation id give the same draft, byte for byte. */
export interface Draft extends Step {
  /** Of the target. */
  uid: string;
  sentence: string;
  inverse: (Step & { sentence: string }) | null;
  differences: Difference[];
  undo: string;
  risks: string[];
  /** What people have to do afterwards. */
  tasks?: string[];
  /** Other targets that nobody else may change meanwhile. */
  alsoLocks?: Target[];
  /** Longest time to carry it out, milliseconds; ten minutes when absent. */
  within?: number;
  /** On-call is paged each time it is still so after this, milliseconds; absent: it may stay. */
  alarmAfter?: number | undefined;
}

export interface Safety {
  guards: Guard[];
  blastClass: BlastClass;
}

export interface Settlement {
  state: 'settled' | 'moving' | 'failed' | 'superseded';
  finding: string;
}

interface Definition<Params> {
  /** The name in runbooks, the API and the CLI. */
  name: string;
  /** Grows when the same target and params would give another plan. */
  version: number;
  /** What it does, for people who choose. */
  title: string;
  kinds: Target['kind'][];
  /** What a change of this kind amounts to when the cause of the next trouble is looked for. */
  weighsAs: WeighedKind;
  params: z.ZodType<Params>;
  /** The least a Role must allow, per namespace: `apps/deployments: get, patch`. */
  permissions: string[];
  /** Reads only. Throws Refused when it cannot or must not be done to this target. */
  draft(context: ActionContext, params: Params): Promise<Draft>;
  /** Reads only; asked when the plan is made and again just before anything is sent. */
  assess(context: ActionContext, step: States): Promise<Safety>;
  /** Pure. `fresh` is the raw object just read that the request changes. */
  observe(fresh: unknown, step: States, request: Request): Exclude<Observed, 'gone' | 'unknown'>;
  /** What it means that the object is not there, or is another one of its name: `gone` unless it was to go. */
  absent?(step: States, request: Request): 'applied' | 'gone' | 'needless';
  /** Reads only; asked again and again after the last request until it is not `moving` any more. */
  settled(context: ActionContext, step: States): Promise<Settlement>;
  /** Hash of the release this step leaves behind, never to be chosen again; null when it leaves none. */
  abandons?(step: States): string | null;
}

export type Action = Definition<unknown>;

/** Types the params for the action's own file, and parses them for everybody else. */
export const defineAction = <Params>(definition: Definition<Params>): Action => ({
  ...definition,
  draft(context, params) {
    const parsed = definition.params.safeParse(params);
    if (parsed.success) return definition.draft(context, parsed.data);
    const faults = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
    throw new InvalidInput(
      `${definition.name} cannot take these params: ${faults.map((fault) => `${fault.path || 'params'}: ${fault.message}`).join('; ')}`,
      faults,
    );
  },
});

/** Not done and not to be tried again as it is: the reason is for people. */
export class Refused extends Error {
  constructor(because: string) {
    super(because);
    this.name = 'Refused';
  }
}
