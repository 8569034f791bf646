import { useState } from 'preact/hooks';
import { type Problem, problemOf } from './client.ts';

/** One press at a time: busy while the answer is awaited, the problem kept until the next press. */
export interface Command {
  busy: boolean;
  problem: Problem | null;
  /** Resolves to true when the API said yes. */
  run: (act: () => Promise<unknown>) => Promise<boolean>;
  forget: () => void;
}

export const useCommand = (): Command => {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  return {
    busy,
    problem,
    run: async (act) => {
      setBusy(true);
      setProblem(null);
      try {
        await act();
        return true;
      } catch (error) {
        setProblem(problemOf(error));
        return false;
      } finally {
        setBusy(false);
      }
    },
    forget: () => setProblem(null),
  };
};
