/** One line per system. */
import type { Request } from '../../src/schema/remediation.ts';
import { http } from './http.ts';
import { kubernetes } from './kubernetes.ts';
import { postgres } from './postgres.ts';
import type { System } from './system.ts';

const systems = {
  kubernetes,
  postgres,
  http,
} satisfies Partial<{ [Name in Request['system']]: System<Extract<Request, { system: Name }>> }>;

export const systemOf = (request: Request): System => systems[request.system as keyof typeof systems] as System;
