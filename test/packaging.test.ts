import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { variables } from '../src/config.ts';
import { searchAttributes } from '../src/embedded/temporal.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

const Service = z.object({
  image: z.string().regex(/:[^:]+$/, 'an image is pinned by a tag'),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  secrets: z.array(z.string()).default([]),
  restart: z.string(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.object({ test: z.array(z.string()).min(2), interval: z.string(), timeout: z.string() }).optional(),
});
const Compose = z.object({
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.unknown()),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
});

const compose = Compose.parse(parse(read('docker-compose.yml'), { merge: true }));
const ours = ['api', 'worker', 'remediation-worker'];
const serviceOf = (name: string) => Service.parse(compose.services[name]);

describe('docker-compose.yml', () => {
  test('runs PostgreSQL, Temporal with its UI, and each process of ours in a container of its own', () => {
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining(['postgres', 'temporal', 'temporal-ui', ...ours]),
    );
  });

  test.each([...ours, 'postgres', 'temporal'])('%s says whether it is well, and comes back', (name) => {
    const { healthcheck, restart } = serviceOf(name);
    expect(healthcheck?.test[0]).toMatch(/^CMD/);
    expect(restart).toBe('unless-stopped');
  });

  test.each(ours)('%s runs a source that exists, without rights and on a read-only disk', (name) => {
    const { command, read_only, cap_drop } = serviceOf(name);
    expect(existsSync(`${root}${command?.[1]}`)).toBe(true);
    expect(read_only).toBe(true);
    expect(cap_drop).toEqual(['ALL']);
  });

  test.each(ours)('%s is given only variables that the configuration knows', (name) => {
    for (const variable of Object.keys(serviceOf(name).environment)) {
      expect(Object.keys(variables)).toContain(variable.replace(/_FILE$/, ''));
    }
  });

  test('every secret comes by file, is declared, and none stands in an environment', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      for (const secret of service.secrets) expect(Object.keys(compose.secrets)).toContain(secret);
      for (const [variable, value] of Object.entries(service.environment)) {
        if (/PASSWORD|TOKEN|SECRET|KEY$|DATABASE_URL|SMTP_URL/.test(variable)) {
          expect(`${name} ${variable}`).toMatch(/_FILE$/);
          expect(service.secrets.map((secret) => `/run/secrets/${secret}`)).toContain(value);
        }
      }
    }
  });

  test('the api alone has the token, the remediation worker no port', () => {
    expect(ours.filter((name) => serviceOf(name).secrets.includes('muster_token'))).toEqual(['api']);
    expect(serviceOf('remediation-worker').ports).toEqual([]);
    expect(serviceOf('worker').ports).toEqual([]);
  });

  test('what is published is for this host alone', () => {
    for (const port of Object.values(compose.services).flatMap(({ ports }) => ports))
      expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test('whoever is waited for exists, and is well or done', () => {
    for (const { depends_on } of Object.values(compose.services)) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        if (condition === 'service_healthy') expect(serviceOf(name).healthcheck).toBeDefined();
        else expect([name, condition]).toEqual(['temporal-setup', 'service_completed_successfully']);
      }
    }
  });

  test('every named volume is declared', () => {
    const used = Object.values(compose.services).flatMap(({ volumes }) =>
      volumes.map((volume) => volume.split(':')[0] ?? ''),
    );
    for (const volume of used.filter((name) => !name.startsWith('.')))
      expect(Object.keys(compose.volumes)).toContain(volume);
  });

  test('Temporal learns the same search attributes as from npm start', () => {
    const script = serviceOf('temporal-setup').entrypoint?.at(-1) ?? '';
    for (const name of searchAttributes) expect(script).toContain(name);
  });
});

describe('Dockerfile', () => {
  const stages = read('Dockerfile')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .reduce<{ instruction: string; rest: string }[][]>((all, line) => {
      const [instruction = '', ...rest] = line.trim().split(/\s+/);
      if (instruction === 'FROM') all.push([]);
      all.at(-1)?.push({ instruction, rest: rest.join(' ') });
      return all;
    }, []);
  const final = stages.at(-1) ?? [];
  const only = (name: string) => final.filter(({ instruction }) => instruction === name).map(({ rest }) => rest);

  test('builds in stages on a glibc image of Node 24', () => {
    expect(stages.length).toBeGreaterThan(1);
    for (const stage of stages) expect(stage[0]?.rest).toMatch(/^node:24-bookworm-slim/);
  });
  test('ends as somebody who is not root', () => {
    expect(only('USER').at(-1)).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });
  test('says how it is', () => {
    expect(only('HEALTHCHECK')[0]).toContain('container-health.ts');
  });
  test('sets only variables that the configuration knows', () => {
    const names = only('ENV').flatMap((line) => [...line.matchAll(/([A-Z_]+)=/g)].map(([, name = '']) => name));
    expect(names.filter((name) => name !== 'NODE_ENV' && !Object.keys(variables).includes(name))).toEqual([]);
  });
  test('copies what exists and what the ignore file lets through', () => {
    const ignored = read('.dockerignore').split('\n');
    const sources = stages
      .flat()
      .filter(({ instruction, rest }) => instruction === 'COPY' && !rest.startsWith('--from'))
      .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
    for (const source of sources) {
      expect(existsSync(`${root}${source}`), source).toBe(true);
      expect(ignored).toContain(`!${source}`);
    }
  });
});
