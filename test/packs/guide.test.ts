import { describe, expect, test } from 'vitest';
import { inventoryOf, leaksIn } from '../../src/domain/telling/leak-guard.ts';
import { render } from '../../src/domain/telling/render.ts';
import { policyFor, rosterFor, serviceFacts } from '../../src/packs/load.ts';
import { organisation, packOf } from './judging.ts';

const pack = packOf('guide-sev1-sev3');
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const severity = (name: string) => {
  const found = pack.severities[name];
  if (!found) throw new Error(`no severity ${name}`);
  return found;
};

describe('the guide pack says what the guide says', () => {
  test.each([
    ['SEV1', ['0 on-call', '5 on-call-lead', '15 engineering-manager', '30 vp-engineering']],
    ['SEV2', ['0 on-call', '5 on-call-lead', '15 engineering-manager']],
    ['SEV3', ['0 on-call', '5 on-call-lead', '15 engineering-manager']],
  ])('%s climbs its ladder until somebody acknowledges', (name, steps) => {
    const { ladder, respondWithin } = severity(name);
    expect(ladder.map((step) => `${step.after / minuteMs} ${step.page}`)).toEqual(steps);
    expect(ladder.every((step) => step.unless === 'acknowledged')).toBe(true);
    expect(respondWithin).toBe(5 * minuteMs);
  });

  test.each([
    ['SEV1', 15, 15, 48],
    ['SEV2', 30, 15, 24],
    ['SEV3', 60, 30, 24],
  ])(
    '%s promises an update every %i minutes inside and outside, holds %i minutes, watches %i hours',
    (name, every, hold, watch) => {
      const { updates, hold: quiet, watchAfterwards } = severity(name);
      expect(updates.internal).toMatchObject({ every: every * minuteMs, remindBefore: 5 * minuteMs });
      expect(updates.public).toMatchObject({
        every: every * minuteMs,
        firstWithin: 10 * minuteMs,
        atDeclaration: true,
      });
      expect(quiet.for).toBe(hold * minuteMs);
      expect(watchAfterwards).toBe(watch * hourMs);
    },
  );

  test('SEV1 tells everybody and fills every role, SEV3 lets one person hold them all', () => {
    expect(severity('SEV1').notify.map(({ to }) => to)).toEqual([
      'incident-notify',
      'engineering',
      'support',
      'leadership',
      'customer-success',
    ]);
    expect(severity('SEV2').notify.map(({ to }) => to)).toEqual([
      'incident-notify',
      'on-call-team',
      'support-lead',
      'affected-team-lead',
    ]);
    expect(severity('SEV3').notify.map(({ to }) => to)).toEqual(['incident-notify', 'on-call-team', 'squad']);
    expect(severity('SEV1').roles.minimum).toHaveLength(4);
    expect(severity('SEV2').roles.minimum).toEqual(['commander', 'technicalLead']);
    expect(severity('SEV3').roles.minimum).toEqual(['commander']);
  });

  test('the review comes within 3 business days, its document within 5, and only SEV3 may do without', () => {
    for (const name of ['SEV1', 'SEV2', 'SEV3']) {
      const { review } = severity(name);
      expect(review).toMatchObject({ within: '3 business days', documentWithin: '5 business days' });
      expect(review.required).toBe(name !== 'SEV3');
    }
    expect(pack.reviewFormat?.agenda.map(({ minutes }) => minutes)).toEqual([10, 15, 5, 10, 10]);
  });

  test('resolved needs figures, customers and silence', () => {
    expect(pack.resolution.needs).toHaveLength(3);
  });

  test('a rollback needs a commander who did not propose it, within 15 minutes', () => {
    expect(pack.remediation.approval).toEqual({
      roles: ['commander'],
      expiresAfter: 15 * minuteMs,
      notProposer: true,
      quorum: 1,
    });
    expect(pack.remediation.verify).toEqual({ every: 30_000, consecutiveSuccesses: 3, giveUpAfter: 10 * minuteMs });
    expect(pack.remediation.lookBack).toBe(2 * hourMs);
    expect(pack.room).toMatchObject({ name: 'incident-{date}-{slug}', archiveAfter: 24 * hourMs });
    expect(pack.reports).toEqual({ window: 30 * minuteMs, matchedWithin: 15 * minuteMs });
  });
});

describe('messages', () => {
  const messages = Object.entries(pack.messages);

  test('every message can be rendered when nothing is known yet', () => {
    for (const [name, template = ''] of messages) {
      const text = render(template, {}, 'chat');
      expect(text, name).not.toContain('{{');
      expect(text, name).not.toMatch(/null|undefined|Invalid/);
    }
  });

  test('what customers read passes the leak guard, with every fact and with none', () => {
    const inventory = inventoryOf(organisation, pack.neverPublic);
    const known = {
      publicName: 'Checkout',
      nextUpdateAt: '2026-11-18T10:15:00Z',
      text: 'Some payments fail. We are working on it.',
      duration: '12 min',
    };
    for (const [name, template = ''] of messages.filter(([each]) => each.startsWith('public'))) {
      expect(leaksIn(render(template, known, 'public'), inventory), name).toEqual([]);
      expect(leaksIn(render(template, { text: 'We are on it.' }, 'public'), inventory), name).toEqual([]);
    }
  });

  test('a word that the pack forbids is caught in what a person writes', () => {
    const inventory = inventoryOf(organisation, pack.neverPublic);
    const text = render(pack.messages.publicUpdate, { text: 'The rollback of the deployment is done.' }, 'public');
    expect(leaksIn(text, inventory)).not.toEqual([]);
  });

  test('the first public message says that we know, what is hurt and when the next one comes', () => {
    const facts = { publicName: 'Checkout', nextUpdateAt: '2026-11-18T10:15:00Z' };
    expect(render(pack.messages.publicFirst, facts, 'public')).toBe(
      'We are aware of a problem with Checkout and are looking into it. Next update by 10:15 UTC.',
    );
  });

  test('an update carries number, state, what is known, what is done and the time of the next', () => {
    const facts = {
      id: 'INC-2026-001',
      severity: 'SEV1',
      number: 3,
      time: '2026-11-18T10:15:00Z',
      statusWord: 'Identified',
      knows: 'a release is the suspect',
      doing: 'waiting for approval',
      nextUpdateAt: '2026-11-18T10:30:00Z',
    };
    const text = render(pack.messages.update, facts, 'chat');
    for (const part of [
      '10:15 UTC',
      'Update 3',
      'Identified',
      'a release is the suspect',
      'waiting for approval',
      '10:30 UTC',
    ])
      expect(text).toContain(part);
  });
});

test('an incident carries the policy without the messages', () => {
  expect(Object.keys(policyFor(pack)).sort()).toEqual([
    'pack',
    'remediation',
    'resolution',
    'room',
    'severities',
    'statusWords',
  ]);
});

test('the roster names who would be paged, and leaves out a duty that nobody holds', () => {
  const roster = rosterFor(organisation, ['on-call', 'on-call-lead', 'no-such-duty'], '2026-01-06T12:00:00Z', 'shop');
  expect(roster).toEqual({ 'on-call': 'Nadia Okafor', 'on-call-lead': 'Dana Whitfield' });
});

test('a service that the catalogue does not know has no facts', () => {
  expect(serviceFacts(organisation, 'checkout')?.target?.namespace).toBe('shop');
  expect(serviceFacts(organisation, 'nowhere')).toBeNull();
  expect(serviceFacts(organisation, 'constructor')).toBeNull();
  expect(serviceFacts(organisation, null)).toBeNull();
});
