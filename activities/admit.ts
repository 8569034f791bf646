import { InvalidInput } from '../src/domain/errors.ts';
import { dutiesOf } from '../src/domain/incident/escalation.ts';
import { firstView } from '../src/domain/incident/first-state.ts';
import { policyFor, rosterFor, serviceFacts } from '../src/packs/load.ts';
import { momentsFor } from '../src/packs/moments.ts';
import type { Actor } from '../src/schema/incident.ts';
import type { PackDocument } from '../src/schema/policy.ts';
import type { Dependencies } from './dependencies.ts';
import type { Activities, AdmittedIncident } from './index.ts';

const byHand: Actor = { kind: 'person', id: 'operator', name: 'somebody in Temporal' };
const titleCharactersMax = 200;

/**
 * Fills an incident that was started by hand in Temporal with as little as a title, and writes its row. Idempotent by
 * workflow id: a second attempt finds the row of the first and answers with the same incident.
 */
export const createAdmission = (dependencies: Dependencies): Pick<Activities, 'admit'> => {
  const { store, organisation } = dependencies;
  const rosterNow = async (duties: readonly string[], at: string, team: string | null) =>
    rosterFor(organisation, [...new Set(duties)], at, team ?? undefined, await store.overrides.inForce(at));

  return {
    admit: async ({ workflowId, at, ...input }) => {
      const pack = packOf(dependencies, input.policy?.pack);
      const policy = input.policy ?? policyFor(pack);
      const declaredAt = input.declaredAt ?? at;
      const severity =
        input.severity && policy.severities[input.severity] ? input.severity : pack.severityLabels.otherwise;
      const service = input.service ?? null;
      const catalogue = input.catalogue ?? serviceFacts(organisation, service);
      const draft: AdmittedIncident = {
        title:
          String(input.title ?? '')
            .trim()
            .slice(0, titleCharactersMax) || 'Incident without a title',
        incidentId: input.incidentId ?? (await store.incidents.allocateIncidentId(pack.incidentId, declaredAt)),
        severity,
        service,
        summary: input.summary ?? null,
        declaredAt,
        declaredBy: input.declaredBy ?? byHand,
        drill: input.drill ?? false,
        speed: input.speed && input.speed > 0 ? input.speed : 1,
        alerts: input.alerts ?? [],
        answers: input.answers ?? {},
        policy,
        team: input.team ?? catalogue?.team ?? null,
        moments: input.moments ?? momentsFor(policy, organisation, declaredAt),
        roster: input.roster ?? (await rosterNow(dutiesOf(policy), declaredAt, input.team ?? catalogue?.team ?? null)),
        catalogue,
        continues: input.continues ?? null,
      };
      const { view } = await store.incidents.declare(
        {
          view: firstView({ ...draft, id: draft.incidentId, workflowId }, draft),
          policy,
          correlationKey: catalogue ? `service:${catalogue.id}` : `incident/${draft.incidentId}`,
          idempotencyKey: `workflow/${workflowId}`,
        },
        // The workflow runs already: nothing is left to be started.
        null,
      );
      return { ...draft, incidentId: view.id, severity: view.severity, declaredAt: view.declaredAt };
    },
  };
};

const packOf = ({ packs, packDefault }: Dependencies, wanted: string | undefined): PackDocument => {
  const pack = packs.get(wanted ?? packDefault ?? '') ?? packs.get(packDefault ?? '') ?? [...packs.values()][0];
  if (!pack) throw new InvalidInput('no pack is loaded; check MUSTER_PACK and MUSTER_PACKS_DIR');
  return pack;
};
