/** Diagnosis: what is wrong with a workload, what changed before it, and what would help. Changes nothing. */
import { conclude } from '../../src/domain/diagnosis/diagnosis.ts';
import type { DiagnoseRequest, Diagnosis } from '../index.ts';
import type { RemediationDependencies } from '../run/context.ts';
import { gather } from './gather.ts';
import { chooseRunbook } from './runbook.ts';

/** What a diagnosis reads, per namespace; without a right its part is named as missing. */
export const evidencePermissions: readonly string[] = [
  'apps/deployments, apps/statefulsets, apps/daemonsets: get',
  'apps/replicasets, apps/controllerrevisions: list',
  'pods, events: list',
  'pods/log, configmaps: get',
  'services, resourcequotas: list',
  'discovery.k8s.io/endpointslices: list',
  'autoscaling/horizontalpodautoscalers: list',
  'policy/poddisruptionbudgets: list',
  'nodes: get (ClusterRole)',
  'pods: list (ClusterRole)',
];

/** Saves the evidence and says what it means. Throws only when the evidence cannot be stored. */
export const createDiagnose =
  (dependencies: RemediationDependencies) =>
  async (request: DiagnoseRequest): Promise<Diagnosis> => {
    const { incident, service } = request;
    const { target } = service;
    const evidence = await gather(dependencies, request);
    await dependencies.store.remediations.saveEvidence(incident.incidentId, evidence);
    const { suspects, missing } = evidence;
    dependencies.log.info({ incident: incident.incidentId, suspects: suspects.length, missing }, 'gathered evidence');
    if (!target)
      return {
        finding: `${service.title} has no workload in the catalogue, so nothing could be looked at.`,
        suspects: [],
        runbook: null,
        proposal: null,
        missing,
      };
    return {
      ...conclude(evidence, target),
      suspects: suspects.map(({ what, score, reasons, author, at }) => ({ what, score, reasons, author, at })),
      runbook: await chooseRunbook(dependencies, request, evidence),
      missing,
    };
  };
