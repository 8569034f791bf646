/** The children as a whole: started in waves that may overlap, stopped in the reverse of what they need from each other. */
import { NotFound } from '../domain/errors.ts';
import type { ProcessList } from './process-list.ts';
import { stopOrder } from './strays.ts';
import { type Service, type Tended, tend } from './tended.ts';

export interface Fleet {
  /** Starts these together. Both promises reject with what the first one that is given up says. */
  start(services: Service[]): Wave;
  /** As a crash would. Throws NotFound for a name that is not running. */
  kill(name: string): void;
  stop(): Promise<void>;
}

export interface Wave {
  /** The next wave may start. */
  next: Promise<void>;
  /** All are ready; never before `next`. */
  ready: Promise<void>;
}

export interface FleetOptions {
  list: ProcessList;
  log: (line: string) => void;
  pausesMs?: readonly number[];
}

export const openFleet = (options: FleetOptions): Fleet => {
  const tended: Tended[] = [];
  return {
    start: (services) => {
      const fresh = services.map((service) => ({ service, child: tend(service, options) }));
      tended.push(...fresh.map(({ child }) => child));
      const untilReady = async (members: typeof fresh): Promise<void> => {
        await Promise.all(members.map(({ child }) => child.firstReady));
      };
      const ready = untilReady(fresh);
      ready.catch(() => {});
      // Whoever is given up ends the waiting, even one that the next wave would not have waited for.
      const next = Promise.race([untilReady(fresh.filter(({ service }) => !service.isAwaitedByPatience)), ready]);
      next.catch(() => {});
      return { next, ready };
    },
    kill: (name) => {
      if (!tended.some((child) => child.name === name && child.kill())) {
        throw new NotFound(`${name} is not running at this moment; it is one of: ${names(tended)}`);
      }
    },
    stop: async () => {
      const ordered = stopOrder.map((together) => tended.filter(({ name }) => together.includes(name)));
      const others = tended.filter(({ name }) => !stopOrder.flat().includes(name));
      for (const together of [others, ...ordered]) {
        if (together.length > 0) options.log(`stopping ${names(together)}`);
        await Promise.all(together.map((child) => child.stop()));
      }
    },
  };
};

const names = (tended: Tended[]): string => tended.map(({ name }) => name).join(', ');
