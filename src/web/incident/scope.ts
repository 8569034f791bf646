import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { IncidentView, TimelineItem } from '../../schema/incident.ts';
import type { RemediationView } from '../../schema/remediation.ts';
import type { CommandForm } from '../parts/command-dialog.tsx';

/** What every part of an incident's page shares. */
export interface IncidentScope {
  view: IncidentView;
  timeline: TimelineItem[];
  remediations: RemediationView[];
  people: { value: string; label: string }[];
  /** Opens the dialog of a command. */
  ask: (form: CommandForm) => void;
  reload: () => void;
}

const Scope = createContext<IncidentScope | null>(null);
export const ScopeProvider = Scope.Provider;

export const useScope = (): IncidentScope => {
  const scope = useContext(Scope);
  if (!scope) throw new Error('this part belongs inside an incident page');
  return scope;
};
