/** Objects of Argo CD's API as far as rollbacks look into them; everything else passes through untouched. */
import { z } from 'zod';

const Source = z.looseObject({});

const Operation = z.looseObject({
  sync: z
    .looseObject({
      revision: z.string().optional(),
      revisions: z.array(z.string()).optional(),
      dryRun: z.boolean().optional(),
    })
    .optional(),
});

/** One deployment that succeeded. */
export const ArgoDeployment = z.looseObject({
  id: z.number().int(),
  revision: z.string().optional(),
  source: Source.optional(),
  /** Applications of several sources have these instead. */
  revisions: z.array(z.string()).optional(),
  sources: z.array(Source).optional(),
  deployedAt: z.string().optional(),
});
export type ArgoDeployment = z.infer<typeof ArgoDeployment>;

export const ArgoApplication = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    uid: z.string(),
    deletionTimestamp: z.string().optional(),
    annotations: z.record(z.string(), z.string()).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    ownerReferences: z.array(z.looseObject({ kind: z.string(), name: z.string() })).optional(),
  }),
  spec: z.looseObject({
    project: z.string(),
    source: z.looseObject({ repoURL: z.string().optional(), targetRevision: z.string().optional() }).optional(),
    sources: z.array(z.looseObject({ repoURL: z.string().optional() })).optional(),
    syncPolicy: z.looseObject({ automated: z.looseObject({ enabled: z.boolean().optional() }).optional() }).optional(),
  }),
  operation: Operation.nullish(),
  status: z
    .looseObject({
      health: z.looseObject({ status: z.string().optional(), message: z.string().optional() }).optional(),
      sync: z.looseObject({ status: z.string().optional(), revision: z.string().optional() }).optional(),
      reconciledAt: z.string().optional(),
      history: z.array(ArgoDeployment).optional(),
      resources: z.array(z.looseObject({ kind: z.string().optional(), name: z.string().optional() })).optional(),
      operationState: z
        .looseObject({
          operation: Operation.optional(),
          phase: z.string(),
          message: z.string().optional(),
          startedAt: z.string().optional(),
          finishedAt: z.string().nullish(),
          syncResult: ArgoDeployment.omit({ id: true }).optional(),
        })
        .optional(),
    })
    .default({}),
});
export type ArgoApplication = z.infer<typeof ArgoApplication>;
