/**
 * PagerDuty Events v2 (https://developer.pagerduty.com/docs/send-alert-event) and the phones behind it:
 * the routing key says whose phone rings, the dedup key which alert it is.
 */
import { randomUUID } from 'node:crypto';
import type { Page } from './state.ts';
import { answer, asFields, asText, type Fields, jsonBody, type SandboxAnswer, type SandboxRequest } from './wire.ts';
import type { World } from './world.ts';

const severities = ['critical', 'error', 'warning', 'info'];
const eventBytesMax = 512 * 1024;

export const handlePagerDuty = (world: World, request: SandboxRequest): SandboxAnswer => {
  if (request.method !== 'POST' || request.path !== '/v2/enqueue') return answer(404, { error: 'Not Found' });
  if (request.body.length > eventBytesMax) return answer(413, { error: 'Payload Too Large' });
  const event = asFields(jsonBody(request));
  if (!event) return invalidEvent(['Unparseable JSON']);
  const errors = faultsOf(event);
  const routingKey = asText(event.routing_key) ?? '';
  const owner = ownerOf(world, routingKey);
  if (errors.length === 0 && !owner) errors.push("'routing_key' is not known");
  if (errors.length > 0 || !owner) return invalidEvent(errors);
  const dedupKey = asText(event.dedup_key) ?? randomUUID().replaceAll('-', '');
  const open = world.state.pages.find(
    (page) => page.routingKey === routingKey && page.dedupKey === dedupKey && page.status !== 'resolved',
  );
  if (event.event_action === 'trigger') {
    if (open) open.triggers += 1;
    else ring(world, { event, routingKey, dedupKey, owner });
  } else if (open && event.event_action === 'acknowledge') {
    if (open.status === 'triggered') {
      open.status = 'acknowledged';
      open.acknowledgedAt = world.nowIso();
    }
  } else if (open) open.status = 'resolved';
  return answer(202, { status: 'success', message: 'Event processed', dedup_key: dedupKey });
};

const invalidEvent = (errors: string[]): SandboxAnswer =>
  answer(400, { status: 'invalid event', message: 'Event object is invalid', errors });

const faultsOf = (event: Fields): string[] => {
  const errors: string[] = [];
  if (asText(event.routing_key)?.length !== 32) errors.push("'routing_key' must be 32 characters long");
  const action = asText(event.event_action) ?? '';
  if (!['trigger', 'acknowledge', 'resolve'].includes(action)) errors.push("'event_action' is missing or invalid");
  const dedupKey = asText(event.dedup_key);
  if (dedupKey !== null && dedupKey.length > 255) errors.push("'dedup_key' must be at most 255 characters long");
  if (action !== 'trigger' && !dedupKey) errors.push("'dedup_key' is missing or blank");
  if (action !== 'trigger') return errors;
  const payload = asFields(event.payload);
  if (!payload) return [...errors, "'payload' is missing or blank"];
  const summary = asText(payload.summary);
  if (!summary) errors.push("'payload.summary' is missing or blank");
  else if (summary.length > 1_024) errors.push("'payload.summary' must be at most 1024 characters long");
  if (!asText(payload.source)) errors.push("'payload.source' is missing or blank");
  if (!severities.includes(asText(payload.severity) ?? '')) {
    errors.push(`'payload.severity' is invalid (must be one of ${severities.join(', ')})`);
  }
  return errors;
};

const ownerOf = (world: World, routingKey: string): { id: string; name: string } | null => {
  for (const [id, person] of Object.entries(world.organisation.people)) {
    if (person.contact.some((contact) => contact.via === 'pager' && contact.key === routingKey)) {
      return { id, name: person.name };
    }
  }
  return null;
};

const ring = (
  world: World,
  call: { event: Fields; routingKey: string; dedupKey: string; owner: { id: string; name: string } },
): void => {
  const payload = asFields(call.event.payload) ?? {};
  const links = Array.isArray(call.event.links) ? call.event.links.map(asFields) : [];
  world.state.pages.push({
    id: `P${randomUUID().replaceAll('-', '').slice(0, 13).toUpperCase()}`,
    number: world.state.pages.length + 1,
    routingKey: call.routingKey,
    dedupKey: call.dedupKey,
    person: call.owner.id,
    to: call.owner.name,
    at: world.nowIso(),
    status: 'triggered',
    acknowledgedAt: null,
    summary: asText(payload.summary) ?? '',
    severity: asText(payload.severity) ?? 'info',
    source: asText(payload.source) ?? '',
    links: links.flatMap((link) => {
      const href = asText(link?.href);
      return href ? [{ href, text: asText(link?.text) ?? href }] : [];
    }),
    details: asFields(payload.custom_details) ?? {},
    triggers: 1,
  });
  world.state.effects.pages += 1;
};

/** Presses "acknowledge" on the phone. The first press makes a webhook; returns its body, or null when there is none to send. */
export const pressAcknowledge = (world: World, page: Page): string | null => {
  if (page.status !== 'triggered') return null;
  const at = world.nowIso();
  page.status = 'acknowledged';
  page.acknowledgedAt = at;
  const agent = { id: page.person, type: 'user_reference', summary: page.to, self: null, html_url: null };
  return JSON.stringify({
    event: {
      id: `01${randomUUID().replaceAll('-', '').slice(0, 24).toUpperCase()}`,
      event_type: 'incident.acknowledged',
      resource_type: 'incident',
      occurred_at: at,
      agent,
      client: null,
      data: {
        id: page.id,
        type: 'incident',
        self: `https://api.pagerduty.example/incidents/${page.id}`,
        html_url: `https://lanternfish.pagerduty.example/incidents/${page.id}`,
        number: page.number,
        status: 'acknowledged',
        incident_key: page.dedupKey,
        created_at: page.at,
        title: page.summary,
        service: { id: `S${page.person.toUpperCase()}`, type: 'service_reference', summary: `Phone of ${page.to}` },
        assignees: [agent],
        escalation_policy: null,
        teams: [],
        priority: null,
        urgency: 'high',
        conference_bridge: null,
        resolve_reason: null,
      },
    },
  });
};
