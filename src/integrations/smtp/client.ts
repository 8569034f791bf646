import { createTransport } from 'nodemailer';
import { VendorError } from '../../domain/errors.ts';
import type { Mailer } from '../integration.ts';

const timeoutMs = 10_000;

/**
 * Mail over SMTP, at least once: the Message-ID is stable, so mail programs show a second copy as the same mail.
 * The calendar part travels as an alternative of the text and as a file, with the method in both places
 * (RFC 6047; Outlook drops an invitation whose MIME and VCALENDAR methods differ).
 */
export const createMailer = ({ url, from }: { url: string; from: string }): Mailer => {
  const transport = createTransport({
    url,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
  return {
    send: async (mail) => {
      try {
        await transport.sendMail({
          from,
          to: mail.to,
          subject: mail.subject,
          text: mail.text,
          messageId: mail.messageId,
          ...(mail.calendar
            ? { icalEvent: { method: mail.calendar.method, content: mail.calendar.content, filename: 'invite.ics' } }
            : {}),
          // A mail is made of the parts given here and nothing that a text could name.
          disableFileAccess: true,
          disableUrlAccess: true,
        });
      } catch (error) {
        throw translate(error);
      }
    },
  };
};

/** nodemailer's errors carry `code` (EAUTH, EENVELOPE, ECONNECTION ...) and, after an answer, `responseCode`. */
const translate = (error: unknown): VendorError => {
  const facts = error instanceof Error ? (error as Error & { code?: unknown; responseCode?: unknown }) : undefined;
  const code = typeof facts?.code === 'string' ? facts.code : 'unknown';
  const response = typeof facts?.responseCode === 'number' ? facts.responseCode : null;
  const terminal = response === null ? code === 'EAUTH' || code === 'EENVELOPE' : response >= 500;
  return new VendorError(
    response === null
      ? `no answer from the mail server (${code}); check SMTP_URL`
      : `the mail server answered ${response} (${code})`,
    // An SMTP refusal is definite; as an HTTP status it is a 4xx, so that nobody takes it for a lost answer.
    {
      vendor: 'smtp',
      status: response === null ? null : 400,
      terminal,
      reason: code.toLowerCase(),
    },
    error,
  );
};
