import type { IncidentStatus } from '../../schema/incident.ts';
import type { RemediationStatus } from '../../schema/remediation.ts';

/** Status names of the schema as words on the page. */
export const statusWords: Record<IncidentStatus, string> = {
  declared: 'Declared',
  investigating: 'Investigating',
  identified: 'Identified',
  mitigating: 'Mitigating',
  monitoring: 'Monitoring',
  resolved: 'Resolved',
  closed: 'Closed',
  cancelled: 'Cancelled',
};

export const isOpen = (status: IncidentStatus): boolean => !['resolved', 'closed', 'cancelled'].includes(status);

export type Tone = 'calm' | 'wait' | 'good' | 'bad';

export const remediationWords: Record<RemediationStatus, { word: string; tone: Tone }> = {
  planning: { word: 'Planning', tone: 'calm' },
  planned: { word: 'Planned', tone: 'calm' },
  guarded: { word: 'Checked', tone: 'calm' },
  awaitingApproval: { word: 'Waits for approval', tone: 'wait' },
  held: { word: 'Held', tone: 'wait' },
  applying: { word: 'Applying', tone: 'calm' },
  settling: { word: 'Settling', tone: 'calm' },
  verifying: { word: 'Verifying', tone: 'calm' },
  recovered: { word: 'Recovered', tone: 'good' },
  ineffective: { word: 'Without effect', tone: 'bad' },
  worse: { word: 'Made it worse', tone: 'bad' },
  inconclusive: { word: 'Inconclusive', tone: 'bad' },
  superseded: { word: 'Superseded', tone: 'bad' },
  refused: { word: 'Refused', tone: 'bad' },
  rejected: { word: 'Rejected', tone: 'bad' },
  expired: { word: 'Expired', tone: 'bad' },
  failed: { word: 'Failed', tone: 'bad' },
  unknown: { word: 'Outcome unknown', tone: 'bad' },
  reverting: { word: 'Taking back', tone: 'wait' },
  reverted: { word: 'Taken back', tone: 'bad' },
  revertFailed: { word: 'Could not be taken back', tone: 'bad' },
};

export const roleWords = {
  commander: 'Commander',
  technicalLead: 'Technical lead',
  communicationsLead: 'Communications lead',
  scribe: 'Scribe',
} as const;
