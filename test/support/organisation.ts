import { parseOrganisation } from '../../src/packs/load.ts';
import type { Organisation } from '../../src/schema/organisation.ts';

const text = `
name: Test Works
timezone: UTC
businessHours: { start: "09:00", end: "17:00" }
people:
  robin: { name: Robin, email: robin@example.test, roles: [responder, commander], contact: [{ via: pager, key: key-robin }, { via: chat, user: U1 }] }
  lee: { name: Lee, email: lee@example.test, roles: [responder, commander], contact: [{ via: pager, key: key-lee }] }
  mo: { name: Mo, email: mo@example.test, roles: [responder, commander], contact: [{ via: pager, key: key-mo }] }
  vic: { name: Vic, email: vic@example.test, roles: [responder], contact: [{ via: pager, key: key-vic }] }
  kit: { name: Kit, email: kit@example.test, roles: [responder], contact: [{ via: pager, key: key-kit }] }
duties:
  on-call: { people: [robin] }
  on-call-lead: { people: [lee] }
  engineering-manager: { people: [mo] }
  vp-engineering: { people: [vic] }
schedules: {}
teams:
  payments: { title: Payments, members: [robin, lee] }
fallback: [kit]
groups:
  engineering: { mention: "@engineering" }
  support: { mention: "@support" }
  leadership: { mention: "@leadership" }
  customer-success: { mention: "@customer-success" }
  on-call-team: { mention: "@on-call" }
  support-lead: { mention: "@support-lead" }
  affected-team-lead: { mention: "@team-lead" }
  squad: { mention: "@squad" }
  incident-notify: { mention: "@incident-notify" }
services:
  checkout:
    title: Checkout
    team: payments
    tier: 1
    critical: true
    publicName: Checkout
    symptom: { title: error ratio, query: errors, healthyBelow: 0.01, unit: ratio }
`;

/** Five people, one per duty and one in the fallback group; nobody rotates, so a test can say who is paged. */
export const anOrganisation = (more: Partial<Organisation> = {}): Organisation => ({
  ...parseOrganisation(text),
  ...more,
});
