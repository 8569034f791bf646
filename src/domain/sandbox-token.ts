import { createHmac } from 'node:crypto';

/**
 * Tokens between the sandbox and Muster come from one shared secret, so that nothing has to be handed around:
 * `person:<id>` logs one of the sandbox's people in, `source:alertmanager` sends alerts, `pagerduty-webhook` signs answers.
 */
export const sandboxToken = (secret: string, purpose: string): string =>
  `sbx_${createHmac('sha256', secret).update(purpose).digest('base64url')}`;
