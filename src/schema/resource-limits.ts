/** What bounds the memory of a container: the fields of Kubernetes objects that such a decision rests on. Loose, as in kubernetes.ts. */
import { z } from 'zod';
import { Meta } from './kubernetes.ts';

/** `256Mi`, `1G`, `1500000`. */
const Quantities = z.record(z.string(), z.union([z.number(), z.string()]));
export type Quantities = z.infer<typeof Quantities>;

export const LimitRange = z.looseObject({
  metadata: Meta,
  spec: z.looseObject({
    limits: z.array(
      z.looseObject({ type: z.string(), max: Quantities.optional(), maxLimitRequestRatio: Quantities.optional() }),
    ),
  }),
});
export type LimitRange = z.infer<typeof LimitRange>;

export const ResourceQuota = z.looseObject({
  metadata: Meta,
  spec: z.looseObject({ hard: Quantities.optional() }).default({}),
  status: z.looseObject({ used: Quantities.optional() }).default({}),
});
export type ResourceQuota = z.infer<typeof ResourceQuota>;

export const RoomOfNode = z.looseObject({
  metadata: Meta,
  spec: z.looseObject({ unschedulable: z.boolean().optional() }).default({}),
  status: z.looseObject({ allocatable: Quantities.optional() }).default({}),
});
export type RoomOfNode = z.infer<typeof RoomOfNode>;

/** Resources as a container of a pod template or of a pod carries them. */
export const Resources = z.looseObject({ limits: Quantities.optional(), requests: Quantities.optional() });
export type Resources = z.infer<typeof Resources>;
