import { severityNames } from '../../src/domain/incident/severity.ts';
import { simulate } from '../../src/domain/incident/simulate.ts';
import { loadPacks } from '../../src/packs/load.ts';
import { simulationOf } from '../../src/packs/simulation.ts';
import { sandboxOrganisation as organisation } from '../support/sandbox-organisation.ts';
import { rounded } from './figures.ts';

const days = 90;
const everyHours = 24;

export interface SimulationFigures {
  days: number;
  packs: number;
  severities: number;
  simulations: number;
  items: number;
  seconds: number;
}

/** Every severity of every pack, declared once a day for 90 days: what a team does before a change of policy. */
export const simulateNinetyDays = (): SimulationFigures => {
  const from = performance.now();
  const packs = [...loadPacks([], organisation).values()];
  const cases = packs.flatMap((pack) => severityNames(pack).map((severity) => ({ pack, severity })));
  let [simulations, items] = [0, 0];
  for (let hours = 0; hours < days * 24; hours += everyHours) {
    const at = new Date(Date.UTC(2026, 0, 1, hours)).toISOString();
    for (const { pack, severity } of cases) {
      const request = simulationOf({
        pack,
        organisation,
        severity,
        service: 'checkout',
        at,
        acknowledgedAfterMs: null,
        mitigatedAfterMs: null,
      });
      items += simulate(request).length;
      simulations += 1;
    }
  }
  const seconds = rounded((performance.now() - from) / 1_000, 2);
  return { days, packs: packs.length, severities: cases.length, simulations, items, seconds };
};
