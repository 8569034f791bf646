/** The house rules: which room may import which, and the three recipes that must stay cheap. See docs/concepts.md. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const rooms = ['src', 'workflows', 'activities', 'worker'];

const filesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder)).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(join(root, path)).isDirectory()) return filesBelow(path);
    return /\.(ts|tsx|mjs)$/.test(name) && !name.endsWith('.d.mts') && !name.endsWith('.d.ts') ? [path] : [];
  });
const files = rooms.flatMap(filesBelow);

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
  isPackage: boolean;
}

const importPattern = /(?:import|export)\s+(type\s+)?([^'"`;]*?)\s*from\s*['"]([^'"]+)['"]|import\s*['"]([^'"]+)['"]/g;

/** `import { type A, type B }` is type-only as well. */
const isTypeOnly = (keyword: string | undefined, names: string): boolean => {
  if (keyword) return true;
  const braces = /^\{([\s\S]*)\}$/.exec(names.trim());
  if (!braces?.[1]) return false;
  const members = braces[1]
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return members.length > 0 && members.every((name) => name.startsWith('type '));
};

const importsOf = (file: string): Import[] => {
  const text = readFileSync(join(root, file), 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  return [...text.matchAll(importPattern)].map((match) => {
    const specifier = match[3] ?? match[4] ?? '';
    const isPackage = !specifier.startsWith('.');
    return {
      from: file,
      to: isPackage ? specifier : relative(root, resolve(root, dirname(file), specifier)),
      typeOnly: isTypeOnly(match[1], match[2] ?? ''),
      isPackage,
    };
  });
};
const imports = files.flatMap(importsOf);

interface Rule {
  room: RegExp;
  values: RegExp;
  types?: RegExp;
  packages?: RegExp;
  instead: string;
}

const composition =
  /^(worker\/(main|remediation|dependencies)|src\/api\/main|src\/sandbox\/main|src\/embedded\/supervisor)\.ts$/;

/** One line per room of the table in docs/concepts.md. A room may always import itself. */
const rules: Rule[] = [
  { room: /^src\/schema\//, values: /^src\/schema\//, packages: /^zod$/, instead: 'a schema knows only zod' },
  {
    room: /^src\/domain\//,
    values: /^src\/domain\//,
    types: /^src\/schema\//,
    packages: /^(node:|luxon$|liquidjs$)/,
    instead: 'a decision is pure: take what it needs as an argument',
  },
  {
    room: /^workflows\//,
    values: /^(workflows|src\/domain)\//,
    types: /^(activities|src\/schema)\//,
    packages: /^@temporalio\/(workflow|common)$/,
    instead: 'a workflow decides through src/domain and acts through an activity',
  },
  {
    room: /^activities\//,
    values: /^(activities|src\/domain|src\/schema|src\/packs)\//,
    types: /^src\/(integrations\/integration|store\/store)\.ts$/,
    instead: 'an activity reaches a vendor through a port of integration.ts, handed in by worker/dependencies.ts',
  },
  {
    room: /^src\/store\//,
    values: /^src\/(store|schema|domain)\//,
    instead: 'the store knows its database and the shapes',
  },
  { room: /^src\/packs\//, values: /^src\/(packs|schema|domain)\//, instead: 'packs are data with a reader' },
  {
    room: /^src\/temporal\//,
    values: /^(src\/(temporal|domain|schema)\/|workflows\/messages\.ts$)/,
    types: /^(workflows|activities)\//,
    instead: 'the client knows the messages, not the workflows',
  },
  {
    room: /^src\/intake\//,
    values: /^src\/(intake|domain|schema|temporal|packs)\//,
    types: /^(src\/(store\/store|integrations\/integration)\.ts$|activities\/index\.ts$)/,
    instead: 'intake gets store and webhooks handed in',
  },
  {
    room: /^src\/api\//,
    values: /^src\/(api|intake|store|schema|domain|temporal|packs)\//,
    types: /^(src\/integrations\/integration\.ts$|activities\/index\.ts$)/,
    instead: 'move it behind a port and hand it in from src/api/main.ts',
  },
  { room: /^src\/cli\//, values: /^src\/(cli|schema|domain|packs)\//, instead: 'the CLI is a client of the HTTP API' },
  {
    room: /^src\/web\//,
    values: /^src\/web\//,
    types: /^src\/(schema|domain)\//,
    instead: 'pages speak the public API; only types of the schemas may come along',
  },
  {
    room: /^src\/sandbox\//,
    values: /^src\/(sandbox|schema|domain)\//,
    instead: 'the sandbox speaks the wire protocols; it shares no code with the clients',
  },
];

const integrationRule = (file: string): Rule => {
  const vendor = /^src\/integrations\/([^/]+)\//.exec(file)?.[1] ?? '';
  return {
    room: /^src\/integrations\/[^/]+\//,
    values: new RegExp(`^src/(integrations/(${vendor}/|integration\\.ts|http\\.ts)|schema/|domain/)`),
    instead: 'a vendor never imports another vendor; share through integration.ts or http.ts',
  };
};

const ruleFor = (file: string): Rule | undefined =>
  /^src\/integrations\/[^/]+\//.test(file) ? integrationRule(file) : rules.find((rule) => rule.room.test(file));

describe('each room imports only what it may', () => {
  const broken = imports.flatMap((one) => {
    const rule = ruleFor(one.from);
    if (!rule || composition.test(one.from)) return [];
    const allowed = one.isPackage
      ? !rule.packages || rule.packages.test(one.to) || (one.typeOnly && !/^@temporalio\/worker/.test(one.to))
      : rule.values.test(one.to) || (one.typeOnly && rule.types?.test(one.to));
    return allowed ? [] : [`${one.from} imports ${one.to}: ${rule.instead}`];
  });
  test('along the table of rooms', () => expect(broken).toEqual([]));

  test('and nobody but a composition root reads the configuration or the list of vendors', () => {
    const readers = imports
      .filter((one) => /^src\/(config|integrations\/registry)\.ts$/.test(one.to) && !one.typeOnly)
      .map((one) => one.from)
      .filter((file) => !composition.test(file));
    expect(readers).toEqual([]);
  });
  test('and nobody imports a process', () => {
    const users = imports.filter(
      (one) =>
        /^(worker\/|src\/api\/|src\/cli\/)/.test(one.to) &&
        one.to.split('/').slice(0, 2).join('/') !== one.from.split('/').slice(0, 2).join('/') &&
        !(one.to.startsWith('worker/') && one.from.startsWith('worker/')),
    );
    expect(users.map((one) => `${one.from} imports ${one.to}`)).toEqual([]);
  });
  test('and no value import closes a circle', () => {
    const edges = new Map<string, string[]>();
    for (const one of imports)
      if (!one.isPackage && !one.typeOnly) edges.set(one.from, [...(edges.get(one.from) ?? []), one.to]);
    expect(circleIn(edges)).toEqual([]);
  });
});

const circleIn = (edges: Map<string, string[]>): string[] => {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const next of edges.get(file) ?? []) {
      const circle = visit(next, [...path, file]);
      if (circle.length > 0) return circle;
    }
    done.add(file);
    return [];
  };
  for (const file of edges.keys()) {
    const circle = visit(file, []);
    if (circle.length > 0) return circle;
  }
  return [];
};

describe('the three recipes', () => {
  const folders = (path: string) =>
    readdirSync(join(root, path)).filter((name) => statSync(join(root, path, name)).isDirectory());

  test('a vendor is one folder and one line: nothing else in the product names it', () => {
    for (const vendor of folders('src/integrations')) {
      const users = imports.filter(
        (one) =>
          one.to.startsWith(`src/integrations/${vendor}/`) && !one.from.startsWith(`src/integrations/${vendor}/`),
      );
      expect([...new Set(users.map((one) => one.from))], vendor).toEqual(['src/integrations/registry.ts']);
    }
  });
  test('an action is one file and one line', () => {
    const actions = readdirSync(join(root, 'activities/actions')).filter(
      (name) => !['action.ts', 'index.ts'].includes(name),
    );
    const listed = imports
      .filter((one) => one.from === 'activities/actions/index.ts' && !one.typeOnly)
      .map((one) => one.to.replace('activities/actions/', ''));
    for (const name of listed.filter((file) => actions.includes(file))) {
      const users = imports
        .filter((one) => one.to === `activities/actions/${name}` && !one.typeOnly)
        .map((one) => one.from);
      expect(users, name).toEqual(['activities/actions/index.ts']);
    }
    expect(listed.length).toBeGreaterThanOrEqual(3);
  });
  test('a policy is one YAML file: no severity, duty or pack is named in code that decides', () => {
    const packs = readdirSync(join(root, 'src/packs/policies')).map((file) => file.replace('.yaml', ''));
    const deciding = files.filter((file) => /^(workflows|activities|src\/domain)\//.test(file));
    const named = deciding.filter((file) => {
      const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      return packs.some((pack) => text.includes(pack)) || /['"`](SEV|P)[0-9]['"`]/.test(text);
    });
    expect(named).toEqual([]);
  });
});

describe('names', () => {
  test('no file is a drawer for anything', () => {
    const drawers = files.filter((file) =>
      /(^|\/)(utils?|helpers?|common|misc|lib|manager|generic)\.(ts|tsx|mjs)$/.test(file),
    );
    expect(drawers).toEqual([]);
  });
  test('no default exports but where a tool asks for one', () => {
    const defaults = files.filter(
      (file) => !file.endsWith('vite.config.ts') && /^export default /m.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(defaults).toEqual([]);
  });
});
