/**
 * Packs that say `extends`: the fields of their base stand wherever they say nothing. Maps are merged key by key, lists and
 * figures replaced, and `null` takes away a field that may be absent. A fault points to the file that wrote the field.
 */
import { basename } from 'node:path';
import { PackDocument } from '../schema/policy.ts';
import { packFaults } from './check-pack.ts';
import { type Fault, refuse, unknownName } from './fault.ts';
import { explainIssues, placeIn, type Sourced, type YamlTree } from './read-yaml.ts';

/** The document itself, then its base, the base of that, and so on. */
type Chain = readonly [YamlTree, ...YamlTree[]];

/**
 * Every pack whose whole chain is sound, bases first, and the faults of the others; each fault is named once, however many
 * packs inherit it. `unreadable` holds ids of files that are no YAML: whoever extends one of them is not blamed for it.
 */
export const resolvePacks = (
  trees: readonly YamlTree[],
  unreadable: readonly string[] = [],
): { packs: Sourced<PackDocument>[]; faults: Fault[] } => {
  const { chains, faults } = chainsOf(trees, unreadable);
  const resolved = chains.toSorted((left, right) => left.length - right.length).map(resolve);
  return {
    packs: resolved.flatMap(({ pack }) => pack ?? []),
    faults: [...faults, ...onceEach(resolved.flatMap(({ faults: found }) => found))],
  };
};

const heir = / \(as \S+ extends it\)$/;
const asHeir = (message: string, file: string): string => `${message} (as ${basename(file)} extends it)`;

/** Without those that a pack only inherits from a base that has them itself, and each once. */
export const onceEach = <Each extends Fault>(faults: readonly Each[]): Each[] => {
  const found = new Map<string, Each>();
  for (const fault of faults) {
    const key = `${fault.file}:${fault.line}:${fault.column} ${fault.path} ${fault.message.replace(heir, '')}`;
    const before = found.get(key);
    if (!before || (heir.test(before.message) && !heir.test(fault.message))) found.set(key, fault);
  }
  return [...found.values()];
};

/** One pack with the bases it needs; `others` is asked only when it extends one. Throws InvalidInput with its faults. */
export const resolvePack = (tree: YamlTree, others: () => readonly YamlTree[]): Sourced<PackDocument> => {
  const around = textOf(tree, 'extends') === null ? [] : others().filter(({ file }) => file !== tree.file);
  const { chains, faults } = chainsOf([tree, ...around], []);
  const chain = chains.find(([own]) => own === tree);
  if (!chain) {
    const own = faults.filter(({ file }) => file === tree.file);
    throw refuse(own.length > 0 ? own : faults);
  }
  const { pack, faults: found } = resolve(chain);
  if (!pack) throw refuse(found);
  return pack;
};

const chainsOf = (trees: readonly YamlTree[], unreadable: readonly string[]): { chains: Chain[]; faults: Fault[] } => {
  const byId = new Map<string, YamlTree>();
  for (const tree of trees) {
    const id = idOf(tree);
    if (id !== null && !byId.has(id)) byId.set(id, tree);
  }
  const faults: Fault[] = [];
  const circling = new Set<YamlTree>();

  const chainFrom = (start: YamlTree): Chain | null => {
    const chain: [YamlTree, ...YamlTree[]] = [start];
    for (let tree = start, name = textOf(tree, 'extends'); name !== null; name = textOf(tree, 'extends')) {
      const base = byId.get(name);
      if (!base) {
        if (tree === start && !unreadable.includes(name)) {
          faults.push(faultAt(start, 'extends', unknownName('pack', name, [...byId.keys()])));
        }
        return null;
      }
      if (chain.includes(base)) {
        if (base === start && !circling.has(start)) {
          for (const member of chain) circling.add(member);
          faults.push(faultAt(start, 'extends', circleInWords(chain)));
        }
        return null;
      }
      chain.push(base);
      tree = base;
    }
    return chain;
  };
  return { chains: trees.map(chainFrom).filter((chain) => chain !== null), faults };
};

const circleInWords = (chain: Chain): string =>
  chain.length === 1
    ? 'a pack cannot extend itself; name another one or remove this line'
    : `goes round in a circle: ${[...chain, chain[0]].map(idOf).join(' extends ')}; one of them must stand alone`;

const resolve = (chain: Chain): { pack: Sourced<PackDocument> | null; faults: Fault[] } => {
  const [own, ...bases] = chain;
  const fault: Sourced<unknown>['fault'] = (path, message) => {
    const placed = placeIn(chain, path, message);
    if (placed.tree === own || placed.tree === null) return placed.fault;
    return { ...placed.fault, message: asHeir(message, own.file) };
  };
  if (bases.length > 0 && idOf(own) === null) {
    return { pack: null, faults: [faultAt(own, 'pack', 'missing; give text: the id of this pack')] };
  }
  const merged = chain.reduceRight<unknown>(
    (base, { value }) => (base === undefined ? value : merge(withoutIdentity(base), value)),
    undefined,
  );
  const parsed = parseWithoutNulls(merged, bases.length > 0);
  if (!parsed.success) return { pack: null, faults: explainIssues(parsed.error, fault) };
  const pack = { file: own.file, value: parsed.data, fault };
  const faults = packFaults(pack);
  return faults.length > 0 ? { pack: null, faults } : { pack, faults };
};

/** What the document calls itself; null when it does not say so in text. */
export const idOf = (tree: YamlTree): string | null => textOf(tree, 'pack');

type Fields = Record<string, unknown>;

const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const merge = (base: unknown, own: unknown): unknown => {
  if (!isMap(base) || !isMap(own)) return own;
  const keys = new Set([...Object.keys(base), ...Object.keys(own)]);
  return Object.fromEntries(
    [...keys].map((key) => {
      if (!Object.hasOwn(own, key)) return [key, base[key]];
      return [key, Object.hasOwn(base, key) ? merge(base[key], own[key]) : own[key]];
    }),
  );
};

const withoutIdentity = (base: unknown): unknown => {
  if (!isMap(base)) return base;
  const { pack: _, extends: __, ...rest } = base;
  return rest;
};

/** Where a field takes no null, null removes it: the base said something that this pack does not want. */
const parseWithoutNulls = (merged: unknown, isDerived: boolean): ReturnType<typeof PackDocument.safeParse> => {
  const parsed = PackDocument.safeParse(merged, { reportInput: true });
  if (parsed.success || !isDerived) return parsed;
  const nulls = parsed.error.issues.filter(
    ({ input, path }) => input === null && path.length > 0 && path.every((part) => typeof part === 'string'),
  );
  if (nulls.length === 0) return parsed;
  const without = nulls.reduce<unknown>((value, { path }) => remove(value, path.map(String)), merged);
  return PackDocument.safeParse(without, { reportInput: true });
};

const remove = (value: unknown, [first, ...rest]: readonly string[]): unknown => {
  if (!isMap(value) || first === undefined) return value;
  const { [first]: inner, ...others } = value;
  return rest.length === 0 ? others : { ...others, [first]: remove(inner, rest) };
};

const textOf = ({ value }: YamlTree, field: 'pack' | 'extends'): string | null => {
  const text = isMap(value) && Object.hasOwn(value, field) ? value[field] : null;
  return typeof text === 'string' ? text : null;
};

const faultAt = (tree: YamlTree, field: string, message: string): Fault => placeIn([tree], [field], message).fault;
