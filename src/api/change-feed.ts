import type { Store } from '../store/store.ts';

/** One subscription to the store's news for all open event streams of this process. */
export interface ChangeFeed {
  /** Calls back with the id of each changed incident. Returns the way to stop. */
  subscribe(onChange: (incidentId: string) => void, onEnd: () => void): () => void;
  /** Ends every stream: the process is going away. */
  close(): Promise<void>;
}

export const startChangeFeed = async (store: Store): Promise<ChangeFeed> => {
  const subscribers = new Set<{ onChange: (incidentId: string) => void; onEnd: () => void }>();
  const stop = await store.listen((incidentId) => {
    for (const { onChange } of subscribers) onChange(incidentId);
  });
  return {
    subscribe: (onChange, onEnd) => {
      const subscriber = { onChange, onEnd };
      subscribers.add(subscriber);
      return () => {
        subscribers.delete(subscriber);
      };
    },
    close: async () => {
      for (const { onEnd } of subscribers) onEnd();
      subscribers.clear();
      await stop();
    },
  };
};
