/**
 * The way into a drill, for people (the API) and for schedules (the worker): refuse what cannot be played before anything
 * breaks, keep the drill, then let the sandbox break something. The alert comes back through the intake like any other.
 */
import { InvalidInput } from '../domain/errors.ts';
import { severityNamed, severityNames } from '../domain/incident/severity.ts';
import type { StartDrill } from '../schema/api.ts';
import type { Store } from '../store/store.ts';
import type { Rulebook } from './rulebook.ts';

/** Starts a failure in the sandbox, once per drill id. Throws InvalidInput for a scenario it does not know, Unavailable when it is away. */
export type StartScenario = (
  scenario: string,
  drill: { drill: string; speed: number; people: boolean; severity?: string },
) => Promise<void>;

export interface SandboxControl {
  /** Names of what it can break. Throws Unavailable when it is away. */
  scenarios: () => Promise<string[]>;
  startScenario: StartScenario;
}

export interface DrillDependencies {
  store: Pick<Store, 'intake'>;
  rulebook: Pick<Rulebook, 'pack'>;
  sandbox: SandboxControl;
}

/** Throws InvalidInput, with the list of known ones, for a pack, severity or scenario that there is not. */
export const checkDrill = async (
  { rulebook, sandbox }: Omit<DrillDependencies, 'store'>,
  order: Pick<StartDrill, 'scenario' | 'pack' | 'severity'>,
): Promise<{ severity: string | null }> => {
  const pack = rulebook.pack(order.pack ?? null);
  const severity = order.severity === undefined ? null : severityNamed(pack, order.severity);
  if (order.severity !== undefined && severity === null) {
    const known = severityNames(pack).join(', ');
    throw new InvalidInput(`the pack ${pack.pack} has no such severity; give one of ${known}`, [
      { path: 'severity', message: `one of ${known}` },
    ]);
  }
  const scenarios = await sandbox.scenarios();
  if (!scenarios.includes(order.scenario)) {
    const known = scenarios.join(', ');
    throw new InvalidInput(`the sandbox has no scenario ${order.scenario.slice(0, 60)}; give one of ${known}`, [
      { path: 'scenario', message: `one of ${known}` },
    ]);
  }
  return { severity };
};

/** The same id twice is one drill. Throws as `checkDrill` and `StartScenario` do. */
export const startDrill = async (
  dependencies: DrillDependencies,
  order: StartDrill,
  { id, at }: { id: string; at: string },
): Promise<void> => {
  const { scenario, speed, people, pack } = order;
  const { severity } = await checkDrill(dependencies, order);
  // First the row: the alert may come back before the sandbox has answered.
  await dependencies.store.intake.addDrill({
    id,
    scenario,
    pack: pack ?? null,
    severity,
    speed,
    createdAt: at,
    incidentId: null,
  });
  await dependencies.sandbox.startScenario(scenario, { drill: id, speed, people, ...(severity ? { severity } : {}) });
};
