/** The sandbox's database: a real one, in whose stories time goes faster than on its clock. */
import { z } from 'zod';
import { VendorError } from '../../domain/errors.ts';
import { sandboxDatabaseUrl } from '../../domain/sandbox-database.ts';
import type { Session } from '../../schema/database.ts';
import { call } from '../http.ts';
import type { Database, SandboxWorld } from '../integration.ts';
import { createDatabase } from './client.ts';

const Pace = z.object({ speed: z.number().positive() });

/**
 * As any database, except that sessions are as old as they are in the story: what runs for ten seconds at sixty times the
 * speed has run for ten minutes. Instants stay those of the server.
 */
export const createSandboxDatabase = (address: string, secret: string, world: SandboxWorld): Database => {
  const database = createDatabase({ name: 'sandbox', url: sandboxDatabaseUrl(address, secret, 'muster') });
  const speed = async (): Promise<number> => {
    const { status, text } = await call({
      vendor: 'sandbox',
      method: 'GET',
      url: `${world.url}/pace`,
      headers: { authorization: `Bearer ${world.token('control')}` },
    });
    if (status !== 200)
      throw new VendorError(`the sandbox answered ${status} when asked how fast its story goes; check its log`, {
        vendor: 'sandbox',
        status,
        terminal: false,
      });
    return Pace.parse(JSON.parse(text)).speed;
  };
  return {
    ...database,
    activity: async (name) => {
      const pace = await speed();
      const activity = await database.activity(name);
      return { ...activity, sessions: activity.sessions.map((session) => inStoryTime(session, pace)) };
    },
    session: async (key) => {
      const pace = await speed();
      const found = await database.session(key);
      return found && inStoryTime(found, pace);
    },
  };
};

const inStoryTime = (session: Session, pace: number): Session => ({
  ...session,
  xactAgeSeconds: scaled(session.xactAgeSeconds, pace),
  queryAgeSeconds: scaled(session.queryAgeSeconds, pace),
  stateAgeSeconds: scaled(session.stateAgeSeconds, pace),
});

const scaled = (seconds: number | null, pace: number): number | null => seconds && seconds * pace;
