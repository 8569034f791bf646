import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities, SymptomSample } from '../../activities/index.ts';
import { severityPolicy } from '../../src/domain/incident/state.ts';
import { muster } from '../../src/domain/incident/story.ts';
import type { Actor } from '../../src/schema/incident.ts';
import { looking, tellingAtOnce } from '../activity-options.ts';
import type { Desk } from '../desk.ts';

const atOnce = proxyLocalActivities<Activities>(tellingAtOnce);
const durably = proxyActivities<Activities>(looking);

/** The quiet time before resolved is final. Paging and cadence pause; they resume when it is reopened. */
export const startHold = (
  desk: Desk,
  start: { by: Actor; note?: string | null; cause?: string | null; why: string },
): void => {
  desk.take({
    kind: 'holdStarted',
    by: start.by,
    note: start.note ?? null,
    cause: start.cause ?? null,
    why: start.why,
  });
};

export const sampleHold = (desk: Desk): void => {
  look(desk, (sample) => {
    if (sample.healthy === false) regress(desk, sample);
  });
};

/** The last check decides: healthy resolves, unhealthy reopens; without data a person's word counts and a machine's does not. */
export const endHold = (desk: Desk): void => {
  look(desk, (sample) => {
    const { hold } = desk.state;
    if (!hold) return;
    if (sample.healthy === false) return regress(desk, sample);
    if (sample.healthy === null && hold.by.kind !== 'person') {
      return desk.take({
        kind: 'reopened',
        by: muster,
        reason: 'the fix could not be verified: the symptom has no data',
        regression: false,
      });
    }
    const why = sample.healthy
      ? `the hold of ${severityPolicy(desk.state, desk.rules).hold.samples} checks stayed quiet`
      : `no figure was to be had; resolved on the word of ${hold.by.name}`;
    desk.take({ kind: 'resolved', why });
  });
};

const regress = (desk: Desk, sample: SymptomSample): void => {
  desk.take({
    kind: 'reopened',
    by: muster,
    reason: `${desk.service?.symptom?.title ?? 'the symptom'} is back at ${sample.value ?? 'an unhealthy value'}`,
    regression: true,
  });
  // What is true now is not what was true before the fix.
  desk.wantsDiagnosis = true;
};

const look = (desk: Desk, then: (sample: SymptomSample) => void): void => {
  const { hold } = desk.state;
  if (!hold || desk.looking) return;
  desk.looking = true;
  desk.background(async () => {
    const sample = await readSymptom(desk);
    desk.looking = false;
    // A hold that ended meanwhile (reopened by a person or an alert) is not judged any more.
    if (desk.state.hold?.startedAt !== hold.startedAt) return;
    desk.take({ kind: 'holdSampled', value: sample.value, healthy: sample.healthy });
    then(sample);
  });
};

/** A read may be tried in passing first; no answer at all is no data, and the timeline says so. */
const readSymptom = async (desk: Desk): Promise<SymptomSample> => {
  const at = new Date(Date.now()).toISOString();
  const symptom = desk.service?.symptom;
  if (!symptom) return { at, value: null, healthy: null };
  const request = { incident: desk.context, query: symptom.query, healthyBelow: symptom.healthyBelow, at };
  try {
    return await atOnce.sampleSymptom(request);
  } catch {
    return durably.sampleSymptom(request).catch(() => ({ at, value: null, healthy: null }));
  }
};
