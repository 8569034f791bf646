import { calendarOf, isBusinessHour, nextOpening, windowEnd } from '../domain/on-call/business-time.ts';
import type { Organisation } from '../schema/organisation.ts';
import type { Moments, Policy } from '../schema/policy.ts';

/** What business hours make of a declaration, for every severity: a later change of severity needs no calendar. */
export const momentsFor = (
  policy: Pick<Policy, 'severities'>,
  organisation: Organisation,
  declaredAt: string,
): Moments => {
  const calendar = calendarOf(organisation);
  return {
    opensAt: isBusinessHour(declaredAt, calendar) ? null : nextOpening(declaredAt, calendar),
    respondBy: Object.fromEntries(
      Object.entries(policy.severities).flatMap(([name, { respondWithin }]) =>
        typeof respondWithin === 'string' ? [[name, windowEnd(respondWithin, declaredAt, calendar)]] : [],
      ),
    ),
  };
};
