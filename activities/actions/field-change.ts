import type { KubernetesRequest } from '../../src/schema/remediation.ts';
import type { ActionContext } from './action.ts';

export interface FieldChange {
  /** Of the object, for the API. */
  path: string;
  /** JSON Pointer into the object. */
  field: string;
  from: unknown;
  to: unknown;
  /** For people who read the history of rollouts. */
  cause?: string;
  /** It takes back what the same operation did: the object then has our annotation. */
  revert?: boolean;
}

/**
 * `test` on the field makes the server refuse (422) when anybody changed it since; unlike resourceVersion it is immune to
 * changes of all other fields. `test` on the uid refuses a namesake that was created anew. Replacing by the recorded value
 * makes a repeated or late request harmless: its own `test` fails.
 */
export const replaceField = (
  { operationId }: ActionContext,
  { metadata }: { metadata: { uid: string; annotations?: Record<string, string> | undefined } },
  { path, field, from, to, cause, revert = false }: FieldChange,
): KubernetesRequest => ({
  system: 'kubernetes',
  uid: metadata.uid,
  method: 'PATCH',
  path,
  contentType: 'application/json-patch+json',
  body: [
    { op: 'test', path: '/metadata/uid', value: metadata.uid },
    { op: 'test', path: field, value: from },
    { op: 'replace', path: field, value: to },
    ...(revert || metadata.annotations ? [] : [{ op: 'add', path: '/metadata/annotations', value: {} }]),
    { op: 'add', path: '/metadata/annotations/muster.dev~1op', value: revert ? `${operationId}-revert` : operationId },
    ...(cause === undefined
      ? []
      : [{ op: 'add', path: '/metadata/annotations/kubernetes.io~1change-cause', value: cause }]),
  ],
});
