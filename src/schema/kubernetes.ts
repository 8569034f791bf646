/**
 * The few fields of Kubernetes objects that decisions rest on. Every object is loose: what is not named here is kept,
 * because what was read may be sent back, and a field lost on the way would be deleted from the cluster.
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/
 */
import { z } from 'zod';

const Texts = z.record(z.string(), z.string());

export const Meta = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string(),
  generation: z.number().optional(),
  creationTimestamp: z.string(),
  deletionTimestamp: z.string().optional(),
  labels: Texts.optional(),
  annotations: Texts.optional(),
  ownerReferences: z
    .array(z.looseObject({ kind: z.string(), name: z.string(), uid: z.string(), controller: z.boolean().optional() }))
    .optional(),
  managedFields: z
    .array(
      z.looseObject({
        manager: z.string().optional(),
        subresource: z.string().optional(),
        time: z.string().optional(),
        fieldsV1: z.unknown(),
      }),
    )
    .optional(),
});
export type Meta = z.infer<typeof Meta>;

/** A pod template is never taken apart on the way in: it is compared and sent as it was read. */
export const Template = z.record(z.string(), z.unknown());
export type Template = z.infer<typeof Template>;

export const Selector = z.looseObject({
  matchLabels: Texts.optional(),
  matchExpressions: z
    .array(z.looseObject({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }))
    .optional(),
});
export type Selector = z.infer<typeof Selector>;

const Amount = z.union([z.number(), z.string()]);
const Condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
});

/** Deployment, StatefulSet and DaemonSet: the union of what is read of them. */
export const Workload = z.looseObject({
  metadata: Meta,
  spec: z.looseObject({
    replicas: z.number().optional(),
    paused: z.boolean().optional(),
    revisionHistoryLimit: z.number().optional(),
    podManagementPolicy: z.string().optional(),
    selector: Selector,
    template: Template,
    strategy: z
      .looseObject({
        type: z.string().optional(),
        rollingUpdate: z.looseObject({ maxUnavailable: Amount.optional(), maxSurge: Amount.optional() }).nullish(),
      })
      .optional(),
    updateStrategy: z
      .looseObject({
        type: z.string().optional(),
        rollingUpdate: z
          .looseObject({
            maxUnavailable: Amount.optional(),
            maxSurge: Amount.optional(),
            partition: z.number().optional(),
          })
          .nullish(),
      })
      .optional(),
  }),
  status: z
    .looseObject({
      observedGeneration: z.number().optional(),
      replicas: z.number().optional(),
      updatedReplicas: z.number().optional(),
      readyReplicas: z.number().optional(),
      availableReplicas: z.number().optional(),
      currentRevision: z.string().optional(),
      updateRevision: z.string().optional(),
      desiredNumberScheduled: z.number().optional(),
      updatedNumberScheduled: z.number().optional(),
      numberAvailable: z.number().optional(),
      conditions: z.array(Condition).optional(),
    })
    .default({}),
});
export type Workload = z.infer<typeof Workload>;

export const ReplicaSet = z.looseObject({
  metadata: Meta,
  spec: z.looseObject({ replicas: z.number().optional(), template: Template }),
  status: z
    .looseObject({
      replicas: z.number().optional(),
      readyReplicas: z.number().optional(),
      availableReplicas: z.number().optional(),
    })
    .default({}),
});
export type ReplicaSet = z.infer<typeof ReplicaSet>;

/** What a StatefulSet or DaemonSet was before: `data` is the patch that returns it, with the template inside. */
export const ControllerRevision = z.looseObject({
  metadata: Meta,
  revision: z.number(),
  data: z.looseObject({ spec: z.looseObject({ template: Template }).optional() }).nullish(),
});
export type ControllerRevision = z.infer<typeof ControllerRevision>;

const ContainerState = z.looseObject({
  waiting: z.looseObject({ reason: z.string().optional(), message: z.string().optional() }).optional(),
  terminated: z
    .looseObject({
      reason: z.string().optional(),
      exitCode: z.number().optional(),
      finishedAt: z.string().nullish(),
    })
    .optional(),
});

export const Pod = z.looseObject({
  metadata: Meta,
  spec: z.looseObject({
    nodeName: z.string().optional(),
    containers: z
      .array(
        z.looseObject({
          name: z.string(),
          image: z.string().optional(),
          ports: z.array(z.looseObject({ name: z.string().optional() })).optional(),
        }),
      )
      .default([]),
  }),
  status: z
    .looseObject({
      phase: z.string().optional(),
      reason: z.string().optional(),
      conditions: z.array(Condition).optional(),
      containerStatuses: z
        .array(
          z.looseObject({
            name: z.string(),
            ready: z.boolean().optional(),
            restartCount: z.number().optional(),
            state: ContainerState.optional(),
            lastState: ContainerState.optional(),
          }),
        )
        .optional(),
    })
    .default({}),
});
export type Pod = z.infer<typeof Pod>;

export const ClusterEvent = z.looseObject({
  reason: z.string().nullish(),
  message: z.string().nullish(),
  count: z.number().nullish(),
  type: z.string().nullish(),
  firstTimestamp: z.string().nullish(),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
  metadata: z.looseObject({ creationTimestamp: z.string().nullish() }),
  involvedObject: z.looseObject({ kind: z.string().optional(), name: z.string().optional() }),
});
export type ClusterEvent = z.infer<typeof ClusterEvent>;

export const Autoscaler = z.looseObject({
  metadata: Meta,
  spec: z.looseObject({
    scaleTargetRef: z.looseObject({ kind: z.string(), name: z.string() }),
    minReplicas: z.number().optional(),
    maxReplicas: z.number(),
  }),
  status: z
    .looseObject({
      currentReplicas: z.number().nullish(),
      desiredReplicas: z.number().nullish(),
      conditions: z.array(Condition).nullish(),
    })
    .default({}),
});
export type Autoscaler = z.infer<typeof Autoscaler>;

export const DisruptionBudget = z.looseObject({
  metadata: Meta,
  spec: z.looseObject({ selector: Selector.nullish() }),
  status: z
    .looseObject({
      desiredHealthy: z.number().optional(),
      expectedPods: z.number().optional(),
      currentHealthy: z.number().optional(),
      disruptionsAllowed: z.number().optional(),
    })
    .default({}),
});
export type DisruptionBudget = z.infer<typeof DisruptionBudget>;

export const ResourceQuota = z.looseObject({
  metadata: Meta,
  status: z.looseObject({ hard: Texts.nullish(), used: Texts.nullish() }).default({}),
});
export type ResourceQuota = z.infer<typeof ResourceQuota>;

export const ConfigMap = z.looseObject({
  metadata: Meta,
  data: Texts.nullish(),
  binaryData: z.record(z.string(), z.unknown()).nullish(),
  immutable: z.boolean().nullish(),
});
export type ConfigMap = z.infer<typeof ConfigMap>;

export const Service = z.looseObject({
  metadata: Meta,
  spec: z.looseObject({
    type: z.string().optional(),
    clusterIP: z.string().optional(),
    selector: Texts.nullish(),
    ports: z.array(z.looseObject({ targetPort: Amount.optional() })).optional(),
  }),
});
export type Service = z.infer<typeof Service>;

export const EndpointSlice = z.looseObject({
  metadata: Meta,
  endpoints: z
    .array(
      z.looseObject({
        conditions: z.looseObject({ ready: z.boolean().nullish() }).nullish(),
        targetRef: z.looseObject({ uid: z.string().optional() }).nullish(),
      }),
    )
    .nullish(),
});
export type EndpointSlice = z.infer<typeof EndpointSlice>;

export const Node = z.looseObject({
  metadata: Meta,
  spec: z
    .looseObject({
      unschedulable: z.boolean().optional(),
      taints: z.array(z.looseObject({ key: z.string(), effect: z.string() })).optional(),
    })
    .default({}),
  status: z.looseObject({ conditions: z.array(Condition).optional() }).default({}),
});
export type Node = z.infer<typeof Node>;

/** Pages of a list carry `continue`; `items` may be null. */
export const List = z.looseObject({
  metadata: z.looseObject({ continue: z.string().optional() }).default({}),
  items: z.array(z.unknown()).nullish(),
});

/** What the API server answers instead of an object when it refuses. */
export const Status = z.looseObject({
  kind: z.literal('Status'),
  status: z.string().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  code: z.number().optional(),
  details: z
    .looseObject({
      causes: z.array(z.looseObject({ reason: z.string().optional(), message: z.string().optional() })).nullish(),
    })
    .nullish(),
});
