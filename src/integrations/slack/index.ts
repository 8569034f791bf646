import type { Chat, Vendor } from '../integration.ts';
import { createChat } from './client.ts';

export interface SlackSettings {
  SLACK_TOKEN?: string | undefined;
  SLACK_API_URL?: string | undefined;
}

/** Incident rooms, messages in them, and messages to one person. */
export const slack: Vendor<SlackSettings, Chat> = {
  name: 'slack',
  live: (settings) =>
    settings.SLACK_TOKEN ? createChat({ token: settings.SLACK_TOKEN, url: settings.SLACK_API_URL }) : null,
  sandbox: (world) => createChat({ token: world.token('slack'), url: `${world.url}/slack/api/` }),
  variables: 'SLACK_TOKEN',
};
