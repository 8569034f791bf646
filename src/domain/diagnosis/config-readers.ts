import type { Template } from '../../schema/kubernetes.ts';

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

/** Secrets a template refers to: by environment, volume, or to pull its images. */
export const secretsOf = (template: Template): string[] => {
  const containers = [...list(spec(template).containers), ...list(spec(template).initContainers)];
  const volumes = list(spec(template).volumes);
  const names = [
    ...containers.flatMap((one) => list(one.envFrom).map((from) => fields(from.secretRef).name)),
    ...containers.flatMap((one) => list(one.env).map((entry) => fields(fields(entry.valueFrom).secretKeyRef).name)),
    ...volumes.map((volume) => fields(volume.secret).secretName),
    ...volumes.flatMap((volume) => list(fields(volume.projected).sources).map((from) => fields(from.secret).name)),
    ...list(spec(template).imagePullSecrets).map((one) => one.name),
  ];
  return [...new Set(names.filter((name) => typeof name === 'string'))].sort();
};

const spec = (template: Template): Fields => fields(template.spec);

type Fields = Record<string, unknown>;
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fields) : []);
