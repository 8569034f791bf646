import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMailer } from '../../src/integrations/smtp/client.ts';
import { startVendors, type Vendors } from '../support/vendors.ts';

let vendors: Vendors;
beforeAll(async () => {
  vendors = await startVendors();
});
afterAll(() => vendors.close());

const aMail = {
  to: ['dana@lanternfish.example'],
  subject: 'Review',
  text: 'Hello',
  messageId: '<inc-1.review@muster>',
};

/** A mail server that refuses every recipient this way. */
const refusing = async (responseCode: number) => {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (_address, _session, callback) => callback(Object.assign(new Error('no'), { responseCode })),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
};

describe('a mail', () => {
  test('carries its stable Message-ID and the invitation with the method in both places', async () => {
    const content = 'BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR';
    await vendors.ports.mailer.send({ ...aMail, calendar: { method: 'REQUEST', content } });
    const mail = vendors.sandbox.world.state.mails.at(-1);
    expect(mail).toMatchObject({ messageId: aMail.messageId, subject: 'Review', to: aMail.to });
    expect(mail?.calendar).toContain('METHOD:REQUEST');
    expect(mail?.raw).toMatch(/text\/calendar;[^\r\n]*(\r\n\s+[^\r\n]*)*method=REQUEST/i);
  });

  test('that cannot add recipients through its subject', async () => {
    await vendors.ports.mailer.send({ ...aMail, subject: 'x\r\nBcc: everybody@lanternfish.example' });
    expect(vendors.sandbox.world.state.mails.at(-1)?.to).toEqual(aMail.to);
  });

  test.each([
    [550, true],
    [451, false],
  ])('refused with %i: asking again is hopeless = %s', async (code, terminal) => {
    const server = await refusing(code);
    const sent = createMailer({ url: server.url, from: 'muster@localhost' }).send(aMail);
    await expect(sent).rejects.toMatchObject({ terminal, vendor: 'smtp' });
    await server.close();
  });

  test('to a server that is away may be tried again, and its password stays secret', async () => {
    const sent = createMailer({ url: 'smtp://user:hush-hush@127.0.0.1:9', from: 'a@b.example' }).send(aMail);
    const error = await sent.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ terminal: false, status: null });
    expect(JSON.stringify([error, String(error)])).not.toContain('hush-hush');
  });
});
