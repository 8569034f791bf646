import { VendorError } from '../src/domain/errors.ts';
import { timeLimitMs, within } from './attempt.ts';
import type { ChatVerbs } from './chat.ts';
import type { Dependencies } from './dependencies.ts';
import { inWords, isFinal } from './failure.ts';
import type { Activities, Telling, Told } from './index.ts';
import { createNotices } from './notices.ts';
import { createRecorder } from './record.ts';
import { createStatusPage } from './status-page.ts';

/** Left of the attempt's time for handing the results back. */
const answerReserveMs = 250;

/**
 * News for people. Destinations are told in parallel, each in order: once a destination fails for now, what follows it
 * there waits, so that nothing overtakes. `tell` never throws for a telling and answers within the attempt's time;
 * `tellAgain` throws, so that Temporal repeats it, and refuses for good when asking again cannot help.
 */
export const createTelling = (dependencies: Dependencies, chat: ChatVerbs): Pick<Activities, 'tell' | 'tellAgain'> => {
  const { connect, log } = dependencies;
  const record = createRecorder(dependencies);
  const publish = createStatusPage(dependencies);
  const notices = createNotices(dependencies, chat);

  const deliver = async (telling: Telling): Promise<Told> => {
    switch (telling.kind) {
      case 'record':
      case 'recordRemediation':
      case 'recordFollowUp':
        await record(telling);
        return { key: telling.key, ok: true };
      case 'chat':
        await chat.say(telling);
        return { key: telling.key, ok: true };
      case 'direct':
        await notices.tellHolders(telling);
        return { key: telling.key, ok: true };
      case 'ticket':
        await notices.openTicket(telling);
        return { key: telling.key, ok: true };
      case 'invite':
        await chat.invite(telling);
        return { key: telling.key, ok: true };
      case 'status':
        return publish(telling);
      case 'quiet':
        await quiet(telling);
        return { key: telling.key, ok: true };
    }
  };

  /** Every phone is told even when one fails: the others must stop ringing. */
  const quiet = async ({ incident, how, pages }: Extract<Telling, { kind: 'quiet' }>): Promise<void> => {
    const { pager } = connect(incident.drill);
    const results = await Promise.allSettled(pages.map((page) => pager[how](page)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  };

  const tellInOrder = async (tellings: Telling[], untilMs: number): Promise<Told[]> => {
    const told: Told[] = [];
    let blocked: Told | null = null;
    for (const telling of tellings) {
      if (blocked) {
        told.push({ key: telling.key, ok: false, because: `waits behind an earlier one (${blocked.because})` });
        continue;
      }
      const result = await attempted(telling, untilMs);
      if (!result.ok && !result.final) blocked = result;
      told.push(result);
    }
    return told;
  };

  const attempted = async (telling: Telling, untilMs: number): Promise<Told> => {
    try {
      return await within(Math.max(1, untilMs - performance.now()), deliver(telling), outOfTime);
    } catch (error) {
      const final = isFinal(error);
      log.warn({ key: telling.key, kind: telling.kind, final }, `not told: ${inWords(error)}`);
      return { key: telling.key, ok: false, because: inWords(error), ...(final ? { final } : {}) };
    }
  };

  return {
    tell: async (tellings) => {
      const untilMs = performance.now() + timeLimitMs() - answerReserveMs;
      const destinations = Map.groupBy(tellings, destinationOf);
      const told = await Promise.all([...destinations.values()].map((each) => tellInOrder(each, untilMs)));
      const byTelling = new Map(
        [...destinations.values()].flat().map((telling, index) => [telling, told.flat()[index]]),
      );
      return tellings.map((telling) => byTelling.get(telling) ?? { key: telling.key, ok: false });
    },
    tellAgain: deliver,
  };
};

/** What shares one keeps its order. */
const destinationOf = (telling: Telling): string => {
  switch (telling.kind) {
    case 'record':
    case 'recordRemediation':
    case 'recordFollowUp':
      return 'store';
    case 'chat':
      return `chat ${telling.room}`;
    case 'direct':
      return `people ${telling.duty}`;
    case 'ticket':
      return 'tickets';
    case 'invite':
      return `invitations ${telling.room}`;
    case 'status':
      return `status ${telling.incident.incidentId}`;
    case 'quiet':
      return 'phones';
  }
};

const outOfTime = (): VendorError =>
  new VendorError('no answer in time', {
    vendor: 'destination',
    status: null,
    terminal: false,
    reason: 'no answer yet',
  });
