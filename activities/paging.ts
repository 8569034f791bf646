import { VendorError } from '../src/domain/errors.ts';
import { nextMethod } from '../src/domain/incident/contacts.ts';
import { holdersOf } from '../src/domain/on-call/on-call.ts';
import type { Connections, PageCall } from '../src/integrations/integration.ts';
import type { ContactMethod, Organisation } from '../src/schema/organisation.ts';
import { attempt, within } from './attempt.ts';
import { type Dependencies, incidentPage } from './dependencies.ts';
import { inWords, isFinal } from './failure.ts';
import type { Activities, PageOutcome, PageRequest } from './index.ts';
import { carryOut } from './ledger.ts';

/** From this attempt on a channel that does not work is left for the next one. */
const attemptsOfBestChannel = 1;
/** From this attempt on the fallback group is paged beside holders who cannot be reached. */
const attemptsOfHolders = 2;
/** How long one channel may take: more while there is no other way yet. Three channels fit into one attempt. */
const patienceMs = { first: 8_000, later: 4_000 };
/** A vendor that says "come back later than this" is as good as broken for a page. */
const waitWorthwhileMs = 2_000;

type Reached = PageOutcome['reached'][number];
type Try =
  | { kind: 'reached'; reached: Reached }
  /** `hopeful`: a better channel may still work, so another attempt is worth it. */
  | { kind: 'failed'; person: string; because: string; hopeful: boolean };

/**
 * Pages whoever holds the duty at `at`: everybody at once, each over their contact methods in order. The first attempt
 * insists on the best channel; later ones go on to the next channel, then to the fallback group as well. Throws (so that
 * Temporal tries again) only while somebody may still be reached in a better way; otherwise the outcome says who was
 * reached and who was not, and why. A person and channel that were reached are not tried again.
 */
export const createPaging = ({ store, organisation, connect, webUrl, log }: Dependencies): Pick<Activities, 'page'> => {
  const pagePeople = (request: PageRequest, people: string[]): Promise<Try[]> =>
    Promise.all(people.map((person) => pagePerson(request, person)));

  const pagePerson = async (request: PageRequest, id: string): Promise<Try> => {
    const person = organisation.people[id];
    if (!person) return { kind: 'failed', person: id, because: 'is not in the organisation', hopeful: false };
    const because: string[] = [];
    let hopeful = false;
    for (const [index, method] of person.contact.entries()) {
      if (index < (request.contactFrom ?? 0)) continue;
      try {
        const reference = await reach(request, id, method);
        const next = nextMethod(person.contact, index);
        return { kind: 'reached', reached: { person: id, name: person.name, ...reference, ...(next ? { next } : {}) } };
      } catch (error) {
        because.push(`${method.via}: ${inWords(error)}`);
        log.warn(
          { incident: request.incident.incidentId, key: request.key, person: id, via: method.via },
          inWords(error),
        );
        if (isFinal(error)) continue;
        hopeful = true;
        if (attempt() <= attemptsOfBestChannel && !isLongWait(error)) break;
      }
    }
    return { kind: 'failed', person: id, because: because.join('; '), hopeful };
  };

  const reach = async (
    request: PageRequest,
    person: string,
    method: ContactMethod,
  ): Promise<Pick<Reached, 'via' | 'address' | 'dedupKey'>> => {
    const { incident, key } = request;
    const ports = connect(incident.drill);
    const dedupKey = method.via === 'pager' ? `${key}/${person}` : null;
    const address = addressOf(method);
    const limitMs = attempt() <= attemptsOfBestChannel ? patienceMs.first : patienceMs.later;
    await within(
      limitMs,
      carryOut(
        store.effects,
        {
          key: `${key}/${person}/${method.via}`,
          incidentId: incident.incidentId,
          kind: 'page',
          detail: { person, dedupKey, address },
        },
        (maybeDone) => ring(ports, request, { method, person, maybeDone }, webUrl),
      ),
      () => noAnswer(method.via),
    );
    return { via: method.via, address, dedupKey };
  };

  return {
    page: async (request) => {
      const team = request.incident.team ?? undefined;
      const overrides = await store.overrides.inForce(request.at);
      const onDuty = holdersOf(organisation, request.duty, { at: request.at, team, overrides });
      const nobodyOnDuty = onDuty.length === 0;
      // A service nobody entered in the catalogue has no owner: the fallback group stands in for one.
      const holders = isUnowned(organisation, request) ? [...new Set([...onDuty, ...organisation.fallback])] : onDuty;
      if (nobodyOnDuty) {
        log.error({ incident: request.incident.incidentId, duty: request.duty }, 'nobody holds this duty');
        if (!request.fallback && holders.length === 0) return { reached: [], failed: [], nobodyOnDuty };
      }
      const fallback = organisation.fallback.filter((person) => !holders.includes(person));
      const helpAtOnce = nobodyOnDuty || attempt() > attemptsOfHolders;
      const tries = await pagePeople(request, helpAtOnce ? [...holders, ...fallback] : holders);
      const hopeless = tries.every((one) => one.kind === 'failed' && !one.hopeful);
      if (hopeless && !helpAtOnce) tries.push(...(await pagePeople(request, fallback)));

      const outcome = outcomeOf(tries, organisation.people, nobodyOnDuty);
      const worthAnother = tries.some((one) => one.kind === 'failed' && one.hopeful);
      if (worthAnother && (outcome.reached.length === 0 || attempt() <= attemptsOfBestChannel)) {
        throw unfinished(request, outcome);
      }
      return outcome;
    },
  };
};

const isUnowned = (organisation: Organisation, { incident: { service } }: PageRequest): boolean =>
  service !== null && organisation.services[service] === undefined;

const ring = async (
  ports: Connections,
  request: PageRequest,
  to: { method: ContactMethod; person: string; maybeDone: boolean },
  webUrl: string,
): Promise<string | null> => {
  const { method, person, maybeDone } = to;
  const { incident, key, summary } = request;
  const href = incidentPage(webUrl, incident.incidentId);
  switch (method.via) {
    case 'pager': {
      const page = await ports.pager.page({
        address: method.key,
        dedupKey: `${key}/${person}`,
        summary,
        severity: urgencyOf(incident.rank),
        source: incident.service ?? 'muster',
        link: { href, text: `Open ${incident.incidentId}` },
        details: {
          incident: incident.incidentId,
          severity: incident.severity,
          duty: request.duty,
          drill: incident.drill ? 'yes' : 'no',
        },
      });
      return page.reference;
    }
    case 'chat': {
      const text = `You are paged (${request.duty}): ${plain(summary)}\n${href}`;
      const message = await ports.chat.tell({ user: method.user, key: `${key}/${person}`, text, lookFirst: maybeDone });
      return message.id;
    }
    case 'mail': {
      const messageId = `<${encodeURIComponent(`${key}/${person}`)}@muster>`;
      const text = `You are paged (${request.duty}).\n\n${summary}\n\nAcknowledge here: ${href}\n`;
      await ports.mailer.send({ to: [method.address], subject: `Page: ${summary}`.slice(0, 180), text, messageId });
      return messageId;
    }
  }
};

/** PagerDuty only rings for `critical` and `error`; a page that does not ring is none. */
const urgencyOf = (rank: number): PageCall['severity'] => (rank === 1 ? 'critical' : 'error');

const addressOf = (method: ContactMethod): string => {
  switch (method.via) {
    case 'pager':
      return method.key;
    case 'chat':
      return method.user;
    case 'mail':
      return method.address;
  }
};

const plain = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const isLongWait = (error: unknown): boolean =>
  error instanceof VendorError && (error.retryAfterMs ?? 0) > waitWorthwhileMs;

const outcomeOf = (tries: Try[], people: Record<string, { name: string }>, nobodyOnDuty: boolean): PageOutcome => ({
  reached: tries.flatMap((one) => (one.kind === 'reached' ? [one.reached] : [])),
  failed: tries.flatMap((one) =>
    one.kind === 'failed'
      ? [{ person: one.person, name: people[one.person]?.name ?? one.person, because: one.because }]
      : [],
  ),
  nobodyOnDuty,
});

const noAnswer = (via: string): VendorError =>
  new VendorError(`${via} did not answer in time`, { vendor: via, status: null, terminal: false, reason: 'no answer' });

const unfinished = (request: PageRequest, outcome: PageOutcome): VendorError =>
  new VendorError(
    `${request.duty} is not paged yet: ${outcome.failed.map((one) => `${one.name}: ${one.because}`).join('. ')}`,
    { vendor: 'paging', status: 503, terminal: false, reason: 'not paged yet' },
  );
