import { type Dependencies, mailFromPreset } from './dependencies.ts';
import type { IncidentContext } from './index.ts';
import { carryOut, type TellingKind } from './ledger.ts';

export interface Letter {
  incident: Pick<IncidentContext, 'incidentId' | 'drill'>;
  /** Becomes the Message-ID: a second copy is recognised as the same mail. */
  key: string;
  kind: Extract<TellingKind, 'mail' | 'reminder'>;
  to: string;
  subject: string;
  text: string;
  invitation?: string;
}

const subjectCharactersMax = 180;

/** One mail to one person, at least once; one bad address keeps nobody else from theirs. */
export const sendMail = async (dependencies: Dependencies, letter: Letter): Promise<void> => {
  const { store, connect, mailFrom } = dependencies;
  const domain = (mailFrom ?? mailFromPreset).split('@')[1]?.replace(/[^\w.-]/g, '') || 'muster';
  const messageId = `<${letter.key.replace(/[^\w.-]+/g, '.')}@${domain}>`;
  await carryOut(
    store.effects,
    { key: letter.key, incidentId: letter.incident.incidentId, kind: letter.kind, detail: { to: letter.to } },
    async () => {
      await connect(letter.incident.drill).mailer.send({
        to: [letter.to],
        subject: letter.subject.replace(/\s+/g, ' ').slice(0, subjectCharactersMax),
        text: letter.text,
        messageId,
        ...(letter.invitation ? { calendar: { method: 'REQUEST', content: letter.invitation } } : {}),
      });
      return messageId;
    },
  );
};
