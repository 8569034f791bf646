/** What the registry refuses and fills in for workloads; everything else is taken as it comes. */

import {
  canonical,
  type DaemonSet,
  type Deployment,
  type KubeObject,
  type PodTemplate,
  type StatefulSet,
} from './objects.ts';
import { matchesSelector } from './selectors.ts';
import { badRequest, invalid, type StatusCause } from './status.ts';

export const isKubeObject = (value: unknown): value is KubeObject => {
  const object = value as Partial<KubeObject> | null;
  return (
    typeof object === 'object' &&
    object !== null &&
    typeof object.kind === 'string' &&
    typeof object.apiVersion === 'string' &&
    typeof object.metadata === 'object' &&
    object.metadata !== null
  );
};

/** Throws 422 with the fields at fault. `before` is null for a new Deployment. */
export const validateDeployment = (object: KubeObject, before: Deployment | null): void => {
  const { spec } = object as Deployment;
  const causes: StatusCause[] = [];
  const fault = (field: string, reason: string, message: string) => causes.push({ field, reason, message });
  if (typeof spec?.template?.spec !== 'object' || !Array.isArray(spec.template.spec.containers)) {
    fault('spec.template.spec.containers', 'FieldValueRequired', 'Required value');
  } else {
    const { containers } = spec.template.spec;
    if (containers.length === 0) fault('spec.template.spec.containers', 'FieldValueRequired', 'Required value');
    containers.forEach((container, index) => {
      for (const member of ['name', 'image'] as const) {
        if (!container?.[member]) {
          fault(`spec.template.spec.containers[${index}].${member}`, 'FieldValueRequired', 'Required value');
        }
      }
    });
    const labels = spec.template.metadata?.labels ?? {};
    if (!matchesSelector(spec.selector ?? {}, labels)) {
      const value = `Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``;
      fault('spec.template.metadata.labels', 'FieldValueInvalid', value);
    }
  }
  if (!Number.isInteger(spec?.replicas ?? 1) || (spec?.replicas ?? 1) < 0) {
    fault('spec.replicas', 'FieldValueInvalid', `Invalid value: ${spec.replicas}: must be greater than or equal to 0`);
  }
  if (before && canonical(before.spec.selector) !== canonical(spec?.selector)) {
    fault('spec.selector', 'FieldValueInvalid', `Invalid value: ${JSON.stringify(spec?.selector)}: field is immutable`);
  }
  if (causes.length > 0) throw invalid('Deployment', 'apps', object.metadata.name, causes);
};

/** The registry's defaults (https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/). */
export const defaultDeployment = (object: KubeObject): Deployment => {
  const given = object as Partial<Deployment> & KubeObject;
  const { spec } = given;
  if (!spec || typeof spec !== 'object')
    throw badRequest('Deployment in version "v1" cannot be handled: spec is missing');
  return {
    ...object,
    spec: {
      ...spec,
      replicas: spec.replicas ?? 1,
      selector: spec.selector ?? {},
      template: defaultTemplate(spec.template),
      strategy: spec.strategy ?? { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
      progressDeadlineSeconds: spec.progressDeadlineSeconds ?? 600,
    },
    status: {},
  };
};

/** For StatefulSets and DaemonSets, the second of which has no replicas. */
export const defaultRevised = (object: KubeObject): StatefulSet | DaemonSet => {
  const { spec } = object as Partial<StatefulSet> & KubeObject;
  if (!spec || typeof spec !== 'object')
    throw badRequest(`${object.kind} in version "v1" cannot be handled: spec is missing`);
  const isStateful = object.kind === 'StatefulSet';
  return {
    ...object,
    spec: {
      ...spec,
      ...(isStateful
        ? { replicas: spec.replicas ?? 1, podManagementPolicy: spec.podManagementPolicy ?? 'OrderedReady' }
        : {}),
      selector: spec.selector ?? {},
      template: defaultTemplate(spec.template),
      updateStrategy: {
        type: spec.updateStrategy?.type ?? 'RollingUpdate',
        ...(spec.updateStrategy?.type === 'OnDelete'
          ? {}
          : {
              rollingUpdate: {
                maxUnavailable: 1,
                ...(isStateful ? { partition: 0 } : {}),
                ...spec.updateStrategy?.rollingUpdate,
              },
            }),
      },
      revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
    },
    status: {},
  };
};

const defaultTemplate = (template: PodTemplate | undefined): PodTemplate => {
  const containers = Array.isArray(template?.spec?.containers) ? template.spec.containers : [];
  return {
    ...template,
    metadata: { ...template?.metadata },
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
      ...template?.spec,
      containers: containers.map((container) => ({
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        imagePullPolicy: 'IfNotPresent',
        resources: {},
        ...container,
      })),
    },
  };
};
