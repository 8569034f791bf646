/** Atlassian Statuspage API v1 (https://developer.statuspage.io): one page, its incidents, updates and components. */
import { randomUUID } from 'node:crypto';
import type { StatusIncident } from './state.ts';
import { answer, asFields, asText, type Fields, jsonBody, type SandboxAnswer, type SandboxRequest } from './wire.ts';
import type { World } from './world.ts';

export const pageId = 'sandbox';
const statuses = ['investigating', 'identified', 'monitoring', 'resolved'];
const componentStatuses = [
  'operational',
  'under_maintenance',
  'degraded_performance',
  'partial_outage',
  'major_outage',
];
const impacts = ['none', 'maintenance', 'minor', 'major', 'critical'];

export const handleStatuspage = (world: World, key: string, request: SandboxRequest): SandboxAnswer => {
  if (request.headers.authorization !== `OAuth ${key}`) return answer(401, { error: 'Could not authenticate' });
  const [, version, pages, page, collection, id] = request.path.split('/');
  if (version !== 'v1' || pages !== 'pages' || page !== pageId) return missing();
  if (collection === 'incidents') return incidents(world, id, request);
  if (collection === 'components') return components(world, id, request);
  return missing();
};

const missing = (): SandboxAnswer => answer(404, { error: 'Record not found' });
const refused = (...faults: string[]): SandboxAnswer => answer(422, { error: faults });

const incidents = (world: World, id: string | undefined, request: SandboxRequest): SandboxAnswer => {
  const all = [...world.state.statusIncidents].reverse();
  const show = (incident: StatusIncident) => shown(world, incident);
  if (id === undefined && request.method === 'GET') return answer(200, all.map(show));
  if (id === 'unresolved' && request.method === 'GET') {
    return answer(200, all.filter((incident) => incident.status !== 'resolved').map(show));
  }
  const given = asFields(asFields(jsonBody(request))?.incident);
  if (id === undefined && request.method === 'POST') return create(world, given);
  const incident = all.find((other) => other.id === id);
  if (!incident) return missing();
  if (request.method === 'GET') return answer(200, show(incident));
  if (request.method === 'PATCH' || request.method === 'PUT') return update(world, incident, given);
  return answer(405, { error: 'Method not allowed' });
};

const faultsOf = (world: World, given: Fields): string[] => {
  const faults: string[] = [];
  const status = asText(given.status);
  if (status !== null && !statuses.includes(status)) faults.push(`Status ${status} is not valid`);
  if ((asText(given.name)?.length ?? 0) > 255) faults.push('Name is too long (maximum is 255 characters)');
  if ((asText(given.body)?.length ?? 0) > 25_000) faults.push('Body is too long (maximum is 25000 characters)');
  const impact = asText(given.impact_override);
  if (impact !== null && !impacts.includes(impact)) faults.push('Impact override is not included in the list');
  for (const id of componentIds(given)) {
    if (!world.state.components.some((component) => component.id === id)) faults.push(`Component ${id} is not valid`);
  }
  for (const value of Object.values(asFields(given.components) ?? {})) {
    if (!componentStatuses.includes(String(value))) faults.push('Component status is not included in the list');
  }
  return faults;
};

const componentIds = (given: Fields): string[] => [
  ...(Array.isArray(given.component_ids) ? given.component_ids.map(String) : []),
  ...Object.keys(asFields(given.components) ?? {}),
];

const create = (world: World, given: Fields | null): SandboxAnswer => {
  if (!given) return answer(400, { error: 'incident is missing' });
  const name = asText(given.name);
  const faults = faultsOf(world, given);
  if (!name) faults.unshift("Name can't be blank");
  if (!name || faults.length > 0) return refused(...faults);
  const at = world.nowIso();
  const incident: StatusIncident = {
    id: randomUUID().replaceAll('-', '').slice(0, 12),
    name,
    status: asText(given.status) ?? 'investigating',
    impact: asText(given.impact_override) ?? 'minor',
    createdAt: at,
    updatedAt: at,
    resolvedAt: null,
    componentIds: [],
    metadata: asFields(given.metadata) ?? {},
    updates: [],
  };
  world.state.statusIncidents.push(incident);
  addUpdate(world, incident, given);
  return answer(201, shown(world, incident));
};

const update = (world: World, incident: StatusIncident, given: Fields | null): SandboxAnswer => {
  if (!given) return answer(400, { error: 'incident is missing' });
  const faults = faultsOf(world, given);
  if (faults.length > 0) return refused(...faults);
  incident.name = asText(given.name) ?? incident.name;
  incident.status = asText(given.status) ?? incident.status;
  incident.impact = asText(given.impact_override) ?? incident.impact;
  incident.metadata = { ...incident.metadata, ...asFields(given.metadata) };
  if (given.status !== undefined || given.body !== undefined) addUpdate(world, incident, given);
  else setComponents(world, incident, given);
  return answer(200, shown(world, incident));
};

/** What customers get to read; resolving leaves components as they are, unless the call says otherwise. */
const addUpdate = (world: World, incident: StatusIncident, given: Fields): void => {
  const at = world.nowIso();
  const id = randomUUID().replaceAll('-', '').slice(0, 12);
  incident.updates.unshift({ id, status: incident.status, body: asText(given.body) ?? '', at });
  incident.updatedAt = at;
  incident.resolvedAt = incident.status === 'resolved' ? (incident.resolvedAt ?? at) : null;
  setComponents(world, incident, given);
  world.state.effects.statusPosts += 1;
};

const setComponents = (world: World, incident: StatusIncident, given: Fields): void => {
  const wanted = asFields(given.components) ?? {};
  for (const id of componentIds(given)) if (!incident.componentIds.includes(id)) incident.componentIds.push(id);
  for (const component of world.state.components) {
    const status = asText(wanted[component.id]);
    if (!status) continue;
    component.status = status;
    component.updatedAt = world.nowIso();
  }
};

const components = (world: World, id: string | undefined, request: SandboxRequest): SandboxAnswer => {
  const show = (component: World['state']['components'][number]) => ({
    id: component.id,
    page_id: pageId,
    name: component.name,
    status: component.status,
    updated_at: component.updatedAt,
  });
  if (id === undefined && request.method === 'GET') return answer(200, world.state.components.map(show));
  const component = world.state.components.find((other) => other.id === id);
  if (!component) return missing();
  if (request.method === 'PATCH' || request.method === 'PUT') {
    const status = asText(asFields(asFields(jsonBody(request))?.component)?.status);
    if (!status || !componentStatuses.includes(status)) return refused('Status is not included in the list');
    component.status = status;
    component.updatedAt = world.nowIso();
  }
  return answer(200, show(component));
};

const shown = (world: World, incident: StatusIncident) => ({
  id: incident.id,
  page_id: pageId,
  name: incident.name,
  status: incident.status,
  impact: incident.impact,
  created_at: incident.createdAt,
  updated_at: incident.updatedAt,
  monitoring_at: incident.updates.findLast((update) => update.status === 'monitoring')?.at ?? null,
  resolved_at: incident.resolvedAt,
  shortlink: `https://stspg.example/${incident.id}`,
  metadata: incident.metadata,
  components: world.state.components
    .filter((component) => incident.componentIds.includes(component.id))
    .map(({ id, name, status }) => ({ id, name, status })),
  incident_updates: incident.updates.map((update) => ({
    id: update.id,
    incident_id: incident.id,
    status: update.status,
    body: update.body,
    created_at: update.at,
    updated_at: update.at,
    display_at: update.at,
    deliver_notifications: false,
  })),
});
