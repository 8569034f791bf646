/** What an organisation must satisfy beyond its shape. What packs ask of it stands in check-together.ts. */
import { DateTime } from 'luxon';
import type { Organisation } from '../schema/organisation.ts';
import { databaseFaults } from './check-databases.ts';
import { dutyFaults, isClock, scheduleFaults, teamFaults, zoneFaults } from './check-schedules.ts';
import { endpointFaults, switchFaults } from './check-switches.ts';
import { type Fault, type FieldPath, unknownName } from './fault.ts';
import type { Sourced } from './read-yaml.ts';

type PlaceFault = Sourced<unknown>['fault'];

/** Every fault of one organisation taken alone. */
export const organisationFaults = ({ value: organisation, fault }: Sourced<Organisation>): Fault[] => {
  const people = Object.keys(organisation.people);
  const unknownPeople = (path: FieldPath, ids: readonly string[]): Fault[] =>
    ids.flatMap((id, index) => [
      ...(people.includes(id) ? [] : [fault([...path, index], unknownName('person', id, people))]),
      ...(ids.indexOf(id) < index ? [fault([...path, index], `${id} stands twice; remove one`)] : []),
    ]);

  return [
    ...zoneFaults(['timezone'], organisation.timezone, fault),
    ...calendarFaults(organisation, fault),
    ...sharedFaults(organisation, fault),
    ...dutyFaults(organisation, fault, unknownPeople),
    ...teamFaults(organisation, fault, unknownPeople),
    ...scheduleFaults(organisation, fault, unknownPeople),
    ...unknownPeople(['fallback'], organisation.fallback),
    ...serviceFaults(organisation, fault),
    ...endpointFaults(organisation, fault),
    ...switchFaults(organisation, fault),
    ...databaseFaults(organisation, fault),
    ...addressFaults(organisation, fault),
  ];
};

const calendarFaults = (organisation: Organisation, fault: PlaceFault): Fault[] => {
  const { start, end } = organisation.businessHours;
  const faults: Fault[] = [];
  for (const [field, value] of Object.entries({ start, end })) {
    if (!isClock(value)) faults.push(fault(['businessHours', field], 'not a time of day; give one such as 09:00'));
  }
  if (faults.length === 0 && start >= end) faults.push(fault(['businessHours', 'end'], 'must be later than the start'));
  organisation.holidays.forEach((day, index) => {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || !DateTime.fromISO(day).isValid) {
      faults.push(fault(['holidays', index], `"${day}" is not a day; give one such as 2026-12-25`));
    } else if (organisation.holidays.indexOf(day) < index) {
      faults.push(fault(['holidays', index], `${day} stands twice; remove one`));
    }
  });
  return faults;
};

/** An address that two people share would page, or let answer, the wrong one. */
const sharedFaults = (organisation: Organisation, fault: PlaceFault): Fault[] => {
  const seen = new Map<string, string>();
  const faults: Fault[] = [];
  const claim = (kind: string, value: string, person: string, path: FieldPath) => {
    const holder = seen.get(`${kind} ${value}`);
    if (holder !== undefined && holder !== person) {
      faults.push(fault(path, `${holder} has this ${kind} too; give each person their own`));
    }
    seen.set(`${kind} ${value}`, person);
  };
  for (const [id, person] of Object.entries(organisation.people)) {
    claim('name', person.name, id, ['people', id, 'name']);
    claim('e-mail address', person.email, id, ['people', id, 'email']);
    if (person.chat !== undefined) claim('chat account', person.chat, id, ['people', id, 'chat']);
    person.contact.forEach((method, index) => {
      const path = ['people', id, 'contact', index];
      if (method.via === 'pager') claim('pager key', method.key, id, path);
      if (method.via === 'chat') claim('chat account', method.user, id, path);
    });
  }
  return faults;
};

const serviceFaults = (organisation: Organisation, fault: PlaceFault): Fault[] => {
  const services = Object.keys(organisation.services);
  const teams = Object.keys(organisation.teams);
  return Object.entries(organisation.services).flatMap(([id, service]) => [
    ...(teams.includes(service.team)
      ? []
      : [fault(['services', id, 'team'], unknownName('team', service.team, teams))]),
    ...service.dependsOn.flatMap((other, index) => {
      const path = ['services', id, 'dependsOn', index];
      if (other === id) return [fault(path, 'a service does not depend on itself; remove it')];
      return services.includes(other) ? [] : [fault(path, unknownName('service', other, services))];
    }),
    ...service.dashboards.flatMap(({ url }, index) =>
      isWebAddress(url) ? [] : [fault(['services', id, 'dashboards', index, 'url'], noWebAddress)],
    ),
  ]);
};

/** Addresses of the whole organisation, beside those of people. */
const addressFaults = ({ conference, tickets, contacts }: Organisation, fault: PlaceFault): Fault[] => [
  ...(conference === undefined || isWebAddress(conference.replace('{id}', 'INC-1'))
    ? []
    : [fault(['conference'], 'not a video link; give one such as https://meet.example/{id}')]),
  ...(tickets === undefined || isMailAddress(tickets.address)
    ? []
    : [fault(['tickets', 'address'], 'not a mail address; give one such as tickets@company.example')]),
  ...contacts.flatMap(({ phone, mail, url }, index) => [
    ...(phone === undefined && mail === undefined && url === undefined
      ? [fault(['contacts', index], 'cannot be reached; give a phone, a mail or a url')]
      : []),
    ...(mail === undefined || isMailAddress(mail)
      ? []
      : [fault(['contacts', index, 'mail'], 'not a mail address; give one such as help@vendor.example')]),
    ...(url === undefined || isWebAddress(url) ? [] : [fault(['contacts', index, 'url'], noWebAddress)]),
  ]),
];

const isMailAddress = (text: string): boolean => /^[^\s@]+@[^\s@]+$/.test(text);
const isWebAddress = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? '');
const noWebAddress = 'not a link; give one that begins with https://';
