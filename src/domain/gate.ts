export type Gate = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** Lets at most `atOnceMax` run; the others wait in order. */
export const createGate = (atOnceMax: number): Gate => {
  let free = atOnceMax;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
};
