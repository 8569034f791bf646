/** Endpoints and switches in organisation.yaml: what could call elsewhere, or could not be carried out, is a fault at the start. */
import { describe, expect, test } from 'vitest';
import { InvalidInput } from '../../../src/domain/errors.ts';
import { parseOrganisation } from '../../../src/packs/load.ts';
import { anOrganisation } from '../../support/organisation.ts';

const endpoint = { title: 'Flags', url: 'https://flags.example/api', token: 'flags' };
const flag = {
  title: 'Flag',
  endpoint: 'flags',
  kind: 'flag',
  read: { path: '/flags/a', at: '/on', version: 'etag' },
  set: { path: '/flags/a', body: { on: '{state}' } },
  states: { on: { value: true, words: 'it is on' }, off: { value: false, words: 'it is off' } },
};

/** JSON is YAML. */
const faultsOf = (more: { endpoints?: object; switches?: object; services?: object }): string[] => {
  const { endpoints: _e, switches: _s, ...rest } = anOrganisation();
  const text = JSON.stringify({ ...plain(rest), endpoints: { flags: endpoint }, ...more });
  try {
    parseOrganisation(text);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInput);
    return (error as InvalidInput).faults.map(({ path, message }) => `${path}: ${message}`);
  }
};
/** Durations as a person writes them. */
const plain = ({ handOver: _h, ...rest }: Omit<ReturnType<typeof anOrganisation>, 'endpoints' | 'switches'>) => rest;

const withFlag = (more: object) => faultsOf({ switches: { a: { ...flag, ...more } } });

describe('an endpoint', () => {
  test('is taken over https, on this machine, and as the stand-in of the sandbox', () => {
    expect(faultsOf({ switches: { a: flag } })).toEqual([]);
    for (const url of ['http://127.0.0.1:8080', 'http://localhost:1/x', 'sandbox'])
      expect(faultsOf({ endpoints: { flags: { ...endpoint, url } } }), url).toEqual([]);
  });

  for (const [url, words] of [
    ['http://flags.example', /must begin with https/],
    ['https://me:secret@flags.example', /carries credentials/],
    ['https://flags.example/?tenant=1', /ends with its path/],
    ['flags.example', /endpoints\.flags\.url/],
  ] as const)
    test(`is refused as ${url}`, () => {
      const faults = faultsOf({ endpoints: { flags: { ...endpoint, url } } });
      expect(faults.join()).toMatch(words);
      expect(faults.join()).not.toContain('secret');
    });

  test('names its token and has no place for the secret itself', () => {
    expect(faultsOf({ endpoints: { flags: { ...endpoint, password: 'x' } } }).join()).toMatch(/endpoints\.flags/);
    expect(faultsOf({ endpoints: { flags: { ...endpoint, header: 'x key' } } }).join()).toMatch(
      /not the name of a header/,
    );
  });
});

describe('a switch', () => {
  for (const path of [
    'flags/a',
    '/../admin',
    '/a/./b',
    '//evil.example/x',
    '/a b',
    '/a%2fb',
    '/a#b',
    '/a?x=#b',
    '/a/x{state}',
  ])
    test(`is never set or read at ${path}`, () => {
      expect(withFlag({ set: { ...flag.set, path } }).join()).toMatch(/set\.path: not a path/);
      expect(withFlag({ read: { ...flag.read, path } }).join()).toMatch(/read\.path: not a path/);
    });

  test('may have its state as a segment of the path, and a query without placeholders', () => {
    const states = { on: { value: 'on', words: 'it is on' }, off: { value: 'off', words: 'it is off' } };
    expect(withFlag({ set: { path: '/flags/a/{state}?tenant=1' }, states })).toEqual([]);
    expect(withFlag({ set: { path: '/flags/a?to={state}' }, states }).join()).toMatch(/not a path/);
    const climbing = { on: { value: '../admin', words: 'it is on' } };
    expect(withFlag({ set: { path: '/flags/{state}' }, states: climbing }).join()).toMatch(/cannot be a segment/);
  });

  test('has placeholders as whole values only, and only those there are', () => {
    expect(withFlag({ set: { ...flag.set, body: { on: 'to {state}' } } }).join()).toMatch(
      /stands alone as a whole value/,
    );
    expect(withFlag({ set: { ...flag.set, body: { on: '{state}', '{state}': 1 } } }).join()).toMatch(/stands alone/);
    expect(withFlag({ set: { ...flag.set, body: { on: '{stat}' } } }).join()).toMatch(/did you mean "state"/);
    expect(withFlag({ set: { ...flag.set, body: { on: true } } }).join()).toMatch(/never sends the state/);
  });

  test('sends back the version and the time that it promises, and promises those that it sends', () => {
    const versioned = { read: { ...flag.read, version: '/rev' } };
    expect(withFlag(versioned).join()).toMatch(/read\.version is never sent back/);
    expect(withFlag({ ...versioned, set: { ...flag.set, body: { on: '{state}', v: '{version}' } } })).toEqual([]);
    expect(withFlag({ set: { ...flag.set, body: { on: '{state}', v: '{version}' } } }).join()).toMatch(
      /needs read\.version/,
    );
    expect(withFlag({ ttl: { preset: '5m', max: '1h' } }).join()).toMatch(/an end that the body never sends/);
    const timed = { set: { ...flag.set, body: { on: '{state}', ttl: '{ttlSeconds}' } } };
    expect(withFlag(timed).join()).toMatch(/needs a ttl/);
    expect(withFlag({ ...timed, ttl: { preset: '5m', max: '1h' } })).toEqual([]);
    expect(withFlag({ ...timed, ttl: { preset: '2h', max: '1h' } }).join()).toMatch(/longer than max/);
  });

  test('says so when nothing can be read of it, and only then', () => {
    const { read: _read, ...blind } = flag;
    expect(faultsOf({ switches: { a: blind } }).join()).toMatch(/say where the state is read, or observable: false/);
    expect(faultsOf({ switches: { a: { ...blind, observable: false } } })).toEqual([]);
    expect(withFlag({ observable: false }).join()).toMatch(/can be read back after all/);
  });

  test('that is maintenance can be read back and says when it is an alarm', () => {
    const { read: _read, ...blind } = flag;
    expect(withFlag({ kind: 'maintenance' }).join()).toMatch(/alarmAfter/);
    expect(withFlag({ kind: 'maintenance', alarmAfter: '30m' })).toEqual([]);
    expect(withFlag({ alarmAfter: '30m' }).join()).toMatch(/belongs to maintenance/);
    const unseen = { ...blind, kind: 'maintenance', alarmAfter: '30m', observable: false };
    expect(faultsOf({ switches: { a: unseen } }).join()).toMatch(/could stay on unseen/);
  });

  test('raises its class and never lowers it', () => {
    expect(withFlag({ blastClass: 'B3' })).toEqual([]);
    expect(withFlag({ blastClass: 'B1' }).join()).toMatch(/a flag is at least B2; it can only be raised/);
  });

  test('names an endpoint and a service that there are', () => {
    expect(withFlag({ endpoint: 'flag' }).join()).toMatch(/did you mean "flags"/);
    expect(withFlag({ service: 'checkot' }).join()).toMatch(/did you mean "checkout"/);
    expect(withFlag({ states: {} }).join()).toMatch(/has none; name at least one/);
  });
});

test('an application of a service is behind an endpoint that there is', () => {
  const { checkout } = anOrganisation().services;
  const at = (name: string) =>
    faultsOf({ services: { checkout: { ...checkout, application: { endpoint: name, name: 'x' } } } });
  expect(at('flags')).toEqual([]);
  expect(at('argo').join()).toMatch(/services\.checkout\.application\.endpoint: "argo" is not a known endpoint/);
});
