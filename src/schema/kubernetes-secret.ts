import { z } from 'zod';
import { Meta } from './kubernetes.ts';

/** Its data goes no further than into a digest. */
export const Secret = z.looseObject({
  metadata: Meta,
  type: z.string().nullish(),
  data: z.record(z.string(), z.string()).nullish(),
});
export type Secret = z.infer<typeof Secret>;
