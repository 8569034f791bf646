/** What endpoints and switches must satisfy: addresses that may be called, and bodies whose placeholders can be filled. */
import { fillPath, leastClassOf, placeholders, placeholdersIn, pointerTo } from '../domain/remediation/switch.ts';
import { etag, type SwitchEntry, sandboxAddress } from '../schema/endpoint.ts';
import type { Organisation } from '../schema/organisation.ts';
import { type Fault, type FieldPath, unknownName } from './fault.ts';
import type { Sourced } from './read-yaml.ts';

type PlaceFault = Sourced<unknown>['fault'];

const loopback = ['localhost', '127.0.0.1', '[::1]'];
const headerName = /^[A-Za-z0-9-]+$/;
/** Segments of what needs no escaping, or one placeholder; a query without any. */
const pathPattern = /^(\/(([\w.~!$&'()*+,;=:@-]|%[0-9A-F]{2})+|\{state\}))+\/?(\?[\w.~!$&'()*+,;=:@/%-]*)?$/;

export const endpointFaults = (organisation: Organisation, fault: PlaceFault): Fault[] => [
  ...addressFaults(organisation, fault),
  ...Object.entries(organisation.services).flatMap(([id, { application }]) =>
    application === undefined || Object.hasOwn(organisation.endpoints, application.endpoint)
      ? []
      : [
          fault(
            ['services', id, 'application', 'endpoint'],
            unknownName('endpoint', application.endpoint, Object.keys(organisation.endpoints)),
          ),
        ],
  ),
];

const addressFaults = ({ endpoints }: Organisation, fault: PlaceFault): Fault[] =>
  Object.entries(endpoints).flatMap(([name, { url, header }]) => {
    const reason = url === sandboxAddress ? null : addressFault(url);
    return [
      ...(/^[\w.-]+$/.test(name) ? [] : [fault(['endpoints', name], 'a name is letters, digits, dots and dashes')]),
      ...(reason === null ? [] : [fault(['endpoints', name, 'url'], reason)]),
      ...(headerName.test(header) ? [] : [fault(['endpoints', name, 'header'], 'not the name of a header')]),
    ];
  });

const addressFault = (text: string): string | null => {
  const url = URL.parse(text);
  if (!url) return 'not an address; give one such as https://flags.example/api';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback.includes(url.hostname)))
    return 'must begin with https://; plain http is for this machine only';
  if (url.username !== '' || url.password !== '') return 'carries credentials; name them with token instead';
  return url.search === '' && url.hash === '' ? null : 'ends with its path; leave out what follows ? and #';
};

export const switchFaults = (organisation: Organisation, fault: PlaceFault): Fault[] =>
  Object.entries(organisation.switches).flatMap(([name, entry]) => {
    const at = (...path: FieldPath): FieldPath => ['switches', name, ...path];
    const { endpoints, services } = organisation;
    return [
      ...(Object.hasOwn(endpoints, entry.endpoint)
        ? []
        : [fault(at('endpoint'), unknownName('endpoint', entry.endpoint, Object.keys(endpoints)))]),
      ...(entry.service === undefined || Object.hasOwn(services, entry.service)
        ? []
        : [fault(at('service'), unknownName('service', entry.service, Object.keys(services)))]),
      ...pathFaults(entry).map(([path, message]) => fault(at(...path), message)),
      ...bodyFaults(entry).map((message) => fault(at('set'), message)),
      ...ruleFaults(entry).map(([path, message]) => fault(at(...path), message)),
    ];
  });

type Found = [path: FieldPath, message: string];

const pathFaults = ({ read, set, states }: SwitchEntry): Found[] => {
  const unsafe = 'not a path; give one such as /flags/checkout, each segment escaped, without "." and ".."';
  const isPath = (path: string): boolean =>
    pathPattern.test(path) &&
    !path.split(/[/?]/).some((part) => part === '.' || part === '..' || /%2f|%5c|%2e/i.test(part));
  const found: Found[] = [];
  if (read && (!isPath(read.path) || read.path.includes('{state}'))) found.push([['read', 'path'], unsafe]);
  if (!isPath(set.path)) found.push([['set', 'path'], unsafe]);
  for (const [state, { value }] of Object.entries(states))
    if (fillPath(set.path, value) === null)
      found.push([['states', state, 'value'], 'cannot be a segment of a path; give one without slashes and dots']);
  return found;
};

/** Whoever promises a time or a version must also send it, and the other way round. */
const bodyFaults = ({ read, set, ttl }: SwitchEntry): string[] => {
  const { names, stray } = placeholdersIn(set.body);
  const unknown = names.filter((name) => !(placeholders as readonly string[]).includes(name));
  const has = (name: string): boolean => names.includes(name);
  const versioned = read?.version !== undefined && read.version !== etag;
  return [
    ...unknown.map((name) => unknownName('placeholder', name, placeholders)),
    ...stray.map((text) => `"${text}": a placeholder stands alone as a whole value`),
    ...(ttl && !has('ttlSeconds') ? ['ttl promises an end that the body never sends; add {ttlSeconds}'] : []),
    ...(!ttl && has('ttlSeconds') ? ['{ttlSeconds} needs a ttl with preset and max'] : []),
    ...(versioned && !has('version') ? ['read.version is never sent back; add {version} to the body'] : []),
    ...(has('version') && pointerTo(set.body, 'version') === null ? ['{version} cannot stand in a list'] : []),
    ...(!versioned && has('version') ? ['{version} needs read.version as a JSON pointer'] : []),
  ];
};

const ruleFaults = (entry: SwitchEntry): Found[] => {
  const { read, set, observable, kind, states, ttl, blastClass, alarmAfter } = entry;
  const found: Found[] = [];
  if (!read && observable) found.push([['read'], 'is missing: say where the state is read, or observable: false']);
  if (read && !observable) found.push([['observable'], 'can be read back after all; remove this line, or read']);
  if (kind === 'maintenance' && !read)
    found.push([['read'], 'is missing: maintenance that nobody can read back could stay on unseen']);
  if ((kind === 'maintenance') !== (alarmAfter !== undefined))
    found.push([
      ['alarmAfter'],
      'belongs to maintenance, which needs it: after how long on it is an alarm, such as 30m',
    ]);
  if (Object.keys(states).length === 0) found.push([['states'], 'has none; name at least one']);
  const sendsState = set.path.includes('{state}') || placeholdersIn(set.body).names.includes('state');
  if (read && Object.keys(states).length > 1 && !sendsState)
    found.push([['set'], 'never sends the state; add {state} to the body or the path']);
  if (ttl && ttl.preset > ttl.max) found.push([['ttl', 'preset'], 'is longer than max']);
  if (blastClass !== undefined && blastClass < leastClassOf(entry))
    found.push([['blastClass'], `a ${kind} is at least ${leastClassOf(entry)}; it can only be raised`]);
  return found;
};
