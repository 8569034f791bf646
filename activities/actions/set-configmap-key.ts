import { z } from 'zod';
import { mounts, readsAtStart } from '../../src/domain/diagnosis/config-readers.ts';
import { holdsSecret } from '../../src/domain/redaction.ts';
import { sha256 } from '../../src/domain/sha256.ts';
import { ConfigMap, Workload } from '../../src/schema/kubernetes.ts';
import { type ActionContext, defineAction, Refused } from './action.ts';
import { listAll, namespacedPath, readObject } from './cluster-reads.ts';
import { replaceField } from './field-change.ts';
import { mayBeTouched, nobodyElseOwnsIt } from './guards.ts';

/** A plan carries both values several times, and lives in histories: longer ones are no switch but a file. */
const valueBytesMax = 8 * 1_024;
/** What a person compares at a glance; longer values are shown by length and hash. */
const shownMax = 200;

const State = z.object({ key: z.string(), value: z.string() });

/**
 * Gives one key of a ConfigMap another value, and only if it still has the one that the plan saw. Keys are neither
 * added nor removed. Values that look like secrets, old or new, are refused: a plan is kept for good and seen by many.
 */
export const setConfigMapKey = defineAction({
  name: 'set-configmap-key',
  version: 1,
  title: 'Change the value of one key of a ConfigMap',
  kinds: ['ConfigMap'],
  weighsAs: 'config',
  params: z.strictObject({
    key: z.string().regex(/^[-._a-zA-Z0-9]{1,253}$/, 'no key of a ConfigMap can be called that'),
    /** Written to the letter; a number or a truth value as its text. */
    value: z.union([z.string(), z.number(), z.boolean()]).transform(String),
  }),
  permissions: ['configmaps: get, patch', 'apps/deployments, apps/statefulsets, apps/daemonsets: list'],

  async draft(context, { key, value }) {
    const { target } = context;
    const map = await readConfigMap(context);
    const name = `${target.name} in ${target.namespace}`;
    if (map.immutable)
      throw new Refused(`${name} is immutable: only a new ConfigMap under another name can replace it`);
    const present = map.data?.[key];
    if (present === undefined)
      throw new Refused(
        map.binaryData && key in map.binaryData
          ? `${key} of ${name} is binary`
          : `${name} has no key ${key}; it has ${
              Object.keys(map.data ?? {})
                .sort()
                .join(', ') || 'none'
            }`,
      );
    for (const [which, text] of [
      ['the present value', present],
      ['the new value', value],
    ] as const) {
      if (holdsSecret({ key, value: text }))
        throw new Refused(`${which} of ${key} looks like a secret, and a plan must not carry one: change it by hand`);
      if (Buffer.byteLength(text) > valueBytesMax)
        throw new Refused(`${which} of ${key} is longer than ${valueBytesMax} bytes: change it where it comes from`);
    }
    if (present === value) throw new Refused(`${key} of ${name} has this value already; nothing to change`);

    const place = { path: configMapPath(context), field: `/data/${key}` };
    const readers = await readersOf(context, key);
    return {
      uid: map.metadata.uid,
      alsoLocks: [...readers.atStart, ...readers.mounted].map(({ kind, name }) => ({ ...target, kind, name })),
      sentence: `Set ${key} of ConfigMap ${name} to ${shown(value)} instead of ${shown(present)}`,
      before: { key, value: present },
      desired: { key, value },
      requests: [replaceField(context, map, { ...place, from: present, to: value })],
      inverse: {
        sentence: `Set ${key} of ConfigMap ${name} back to ${shown(present)}`,
        before: { key, value },
        desired: { key, value: present },
        requests: [replaceField(context, map, { ...place, from: value, to: present, revert: true })],
      },
      differences: [{ path: `data.${key}`, before: shown(present), after: shown(value) }],
      undo: 'Back to the old value; only while nobody has changed it since.',
      risks: [
        ...readersInWords(readers).map((line) => `${line}.`),
        'The value in git is the old one: change it there, or the next deployment brings it back.',
      ],
    };
  },

  async assess(context) {
    const map = await readConfigMap(context);
    return { blastClass: 'B3', guards: [mayBeTouched(context, map), nobodyElseOwnsIt(map)] };
  },

  observe(fresh, step) {
    const { key, value } = State.parse(step.desired);
    const now = ConfigMap.parse(fresh).data?.[key];
    if (now === value) return 'applied';
    return now === State.parse(step.before).value ? 'pending' : 'superseded';
  },

  async settled(context, step) {
    const { key } = State.parse(step.desired);
    return {
      state: 'settled',
      finding: ['it is written', ...readersInWords(await readersOf(context, key))].join('. '),
    };
  },
});

const configMapPath = ({ target }: ActionContext): string =>
  `${namespacedPath(target, '/api/v1', 'configmaps')}/${encodeURIComponent(target.name)}`;

const readConfigMap = (context: ActionContext): Promise<ConfigMap> =>
  readObject(context.cluster, context.target, configMapPath(context), ConfigMap);

const shown = (value: string): string =>
  value.length > shownMax
    ? `[${value.length.toLocaleString('en')} characters, sha256 ${sha256(value).slice(0, 12)}]`
    : JSON.stringify(value);

interface Reader {
  kind: string;
  name: string;
}
interface Readers {
  /** They take the value when a container starts, and then never again. */
  atStart: Reader[];
  mounted: Reader[];
}

const kinds = { deployments: 'Deployment', statefulsets: 'StatefulSet', daemonsets: 'DaemonSet' };

const readersOf = async ({ cluster, target }: ActionContext, key: string): Promise<Readers> => {
  const readers: Readers = { atStart: [], mounted: [] };
  for (const [plural, kind] of Object.entries(kinds)) {
    for (const workload of await listAll(cluster, namespacedPath(target, '/apis/apps/v1', plural), Workload)) {
      const { template } = workload.spec;
      const reader = { kind, name: workload.metadata.name };
      if (readsAtStart(template, target.name, key)) readers.atStart.push(reader);
      else if (mounts(template, target.name)) readers.mounted.push(reader);
    }
  }
  return readers;
};

const named = (readers: Reader[]): string => readers.map(({ kind, name }) => `${kind} ${name}`).join(', ');

const readersInWords = ({ atStart, mounted }: Readers): string[] => [
  ...(atStart.length > 0
    ? [`${named(atStart)} read it when a container starts: the new value counts only after a restart`]
    : []),
  ...(mounted.length > 0
    ? [`${named(mounted)} mount it: files follow within minutes, those mounted by subPath do not`]
    : []),
  ...(atStart.length + mounted.length === 0 ? ['No workload of the namespace names it'] : []),
];
