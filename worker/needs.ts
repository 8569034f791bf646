import { actions } from '../activities/actions/index.ts';
import { changeWatchPermissions } from '../activities/change-watch.ts';
import { evidencePermissions } from '../activities/evidence/diagnose.ts';
import type { Needs } from './roles.ts';

/** Everything the remediation worker may ever ask of a cluster. */
export const needs: readonly Needs[] = [
  { name: 'evidence', title: 'Read what a diagnosis looks at; changes nothing', permissions: evidencePermissions },
  { name: 'change-watch', title: 'Notice what is changed; changes nothing', permissions: changeWatchPermissions },
  // What acts elsewhere has its rights there.
  ...[...actions.values()].filter(({ permissions }) => permissions.length > 0),
];
