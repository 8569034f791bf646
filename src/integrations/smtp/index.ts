import type { Mailer, Vendor } from '../integration.ts';
import { createMailer } from './client.ts';

export interface SmtpSettings {
  SMTP_URL?: string | undefined;
  MAIL_FROM: string;
}

/** Invitations, reminders, and the last channel of a page. */
export const smtp: Vendor<SmtpSettings, Mailer> = {
  name: 'smtp',
  live: (settings) => (settings.SMTP_URL ? createMailer({ url: settings.SMTP_URL, from: settings.MAIL_FROM }) : null),
  sandbox: (world) => createMailer({ url: world.mailUrl, from: world.mailFrom }),
  variables: 'SMTP_URL',
};
