import type { Template } from '../schema/kubernetes.ts';

/**
 * True when containers of this template take the key of that ConfigMap into their environment, alone (`env`) or with
 * all others (`envFrom`): they know the old value until they start anew. Files of a mounted ConfigMap do change.
 */
export const readsAtStart = (template: Template, configMap: string, key: string): boolean =>
  [...list(spec(template).containers), ...list(spec(template).initContainers)].some(
    (container) =>
      list(container.envFrom).some((from) => fields(from.configMapRef).name === configMap) ||
      list(container.env).some((variable) => {
        const reference = fields(fields(variable.valueFrom).configMapKeyRef);
        return reference.name === configMap && reference.key === key;
      }),
  );

/** True when pods of this template have that ConfigMap as files. */
export const mounts = (template: Template, configMap: string): boolean =>
  list(spec(template).volumes).some((volume) =>
    [volume, ...list(fields(volume.projected).sources)].some((source) => fields(source.configMap).name === configMap),
  );

const spec = (template: Template): Fields => fields(template.spec);

type Fields = Record<string, unknown>;
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fields) : []);
