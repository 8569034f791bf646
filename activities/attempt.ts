import { activityInfo } from '@temporalio/activity';

/** Which try of this activity runs, from 1. */
export const attempt = (): number => activityInfo().attempt;

/** How long this try may take before Temporal counts it as lost. */
export const timeLimitMs = (): number => activityInfo().startToCloseTimeoutMs;

/** `given` gives up after `limitMs` and rejects with `late()`; the work itself goes on and is found by its key. */
export const within = async <Result>(limitMs: number, work: Promise<Result>, late: () => Error): Promise<Result> => {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
  });
  try {
    return await Promise.race([work, patience]);
  } finally {
    clearTimeout(timer);
  }
};
