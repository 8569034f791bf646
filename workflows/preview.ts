import { proxyActivities } from '@temporalio/workflow';
import type { PlanResult, RemediationActivities } from '../activities/index.ts';
import type { RemediationView, Target } from '../src/schema/remediation.ts';
import { previewing } from './activity-options.ts';

export interface PreviewInput {
  action: string;
  target: Target;
  params: Record<string, unknown>;
  service: string | null;
  runbook: RemediationView['runbook'];
  drill: boolean;
  at: string;
}

const { planRemediation } = proxyActivities<RemediationActivities>(previewing);

/** What an action would do now, with its difference and on whose word. Reads only: nobody can approve this plan. */
export const preview = ({ service, drill, at, ...asked }: PreviewInput): Promise<PlanResult> =>
  planRemediation({
    ...asked,
    incident: {
      incidentId: 'preview',
      title: 'Preview',
      pack: '',
      severity: '',
      rank: Number.MAX_SAFE_INTEGER,
      service,
      team: null,
      drill,
      speed: 1,
      declaredAt: at,
    },
    remediationId: null,
    operationId: 'preview',
    circumstances: { emergency: null, takesBackChangeOf: null, dataSuspicion: false },
    proposedBy: { kind: 'muster', id: 'muster', name: 'Muster' },
  });
