import { VendorError } from '../domain/errors.ts';
import type { Connections, kindOfPort } from './integration.ts';

/** A port nobody configured: every call refuses for good and says which variable to set. */
export const missingPort = <Kind extends keyof Connections & (typeof kindOfPort)[number]>(
  kind: Kind,
  whatToSet: string,
): Connections[Kind] => {
  const refuse = async (): Promise<never> => {
    throw new VendorError(`there is no ${words[kind]}: set ${whatToSet}`, {
      vendor: kind,
      status: 400,
      terminal: true,
      reason: `not configured, set ${whatToSet}`,
    });
  };
  const ports: Connections = {
    pager: { page: refuse, acknowledge: refuse, resolve: refuse },
    chat: { openRoom: refuse, setTopic: refuse, invite: refuse, post: refuse, tell: refuse, archive: refuse },
    statusPage: { publish: refuse },
    mailer: { send: refuse },
    metrics: { query: refuse, queryRange: refuse },
  };
  return ports[kind];
};

const words: Record<keyof Connections, string> = {
  pager: 'pager',
  chat: 'chat',
  statusPage: 'status page',
  mailer: 'mail server',
  metrics: 'metrics',
};
