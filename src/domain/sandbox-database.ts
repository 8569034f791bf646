import { sandboxToken } from './sandbox-token.ts';

/** The shop's application owns its database; Muster looks at the sessions there, and ends them. */
const roles = { shop: 'shop_app', muster: 'shop_muster' } as const;
export type SandboxRole = keyof typeof roles;

/** Like the sandbox's tokens, its passwords come from the one shared secret. */
export const sandboxLogin = (secret: string, role: SandboxRole): { user: string; password: string } => ({
  user: roles[role],
  password: sandboxToken(secret, `database:${role}`),
});

/** `address` is a URL without a login, as MUSTER_SANDBOX_DATABASE has it. */
export const sandboxDatabaseUrl = (address: string, secret: string, role: SandboxRole): string => {
  const url = new URL(address);
  const { user, password } = sandboxLogin(secret, role);
  [url.username, url.password] = [user, password];
  return url.href;
};
