/**
 * The three patch dialects of the API server. All are pure: they return a new document and leave the old one alone.
 * JSON patch: RFC 6902. Merge patch: RFC 7396. Strategic merge:
 * https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
import { canonical } from './objects.ts';
import { badRequest, patchFailed } from './status.ts';

type Members = Record<string, unknown>;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Throws 400 for a patch that is no list of operations, 422 for one that does not apply. */
export const applyJsonPatch = (document: unknown, operations: unknown): unknown => {
  if (!Array.isArray(operations))
    throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  let result = structuredClone(document);
  for (const operation of operations) {
    if (!isMembers(operation) || typeof operation.path !== 'string') throw patchFailed();
    result = applyOperation(result, operation, operation.path);
  }
  return result;
};

const applyOperation = (document: unknown, operation: Members, path: string): unknown => {
  const steps = pointer(path);
  switch (operation.op) {
    case 'test':
      if (canonical(readToTest(document, steps)) !== canonical(operation.value)) throw patchFailed();
      return document;
    case 'add':
      return write(document, steps, operation.value, 'add');
    case 'replace':
      read(document, steps);
      return write(document, steps, operation.value, 'replace');
    case 'remove':
      return remove(document, steps);
    case 'copy':
    case 'move': {
      const from = pointer(String(operation.from));
      const value = structuredClone(read(document, from));
      return write(operation.op === 'move' ? remove(document, from) : document, steps, value, 'add');
    }
    default:
      throw patchFailed();
  }
};

const pointer = (path: string): string[] => {
  if (path === '') return [];
  if (!path.startsWith('/')) throw patchFailed();
  return path
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
};

/** A last member that is not there counts as null in a `test` (evanphx/json-patch v4, which the server uses). */
const readToTest = (document: unknown, steps: string[]): unknown => {
  const last = steps.at(-1);
  if (last === undefined) return document;
  const parent = read(document, steps.slice(0, -1));
  return isMembers(parent) && !Object.hasOwn(parent, last) ? null : read(document, steps);
};

/** A member that is not there is an error, as in the server's library. */
const read = (document: unknown, steps: string[]): unknown =>
  steps.reduce((value: unknown, step) => {
    if (Array.isArray(value)) {
      const index = Number(step);
      if (!/^\d+$/.test(step) || index >= value.length) throw patchFailed();
      return value[index];
    }
    if (!isMembers(value) || !Object.hasOwn(value, step)) throw patchFailed();
    return value[step];
  }, document);

const write = (document: unknown, steps: string[], value: unknown, how: 'add' | 'replace'): unknown => {
  const last = steps.at(-1);
  if (last === undefined) return value;
  const parent = read(document, steps.slice(0, -1));
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if ((last !== '-' && !/^\d+$/.test(last)) || index > parent.length) throw patchFailed();
    parent.splice(index, how === 'add' ? 0 : 1, value);
  } else if (isMembers(parent)) {
    setOwn(parent, last, value);
  } else {
    throw patchFailed();
  }
  return document;
};

/** Defines the member itself, so that a name such as `__proto__` stays a plain name. */
const setOwn = (target: Members, name: string, value: unknown): void => {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
};

const remove = (document: unknown, steps: string[]): unknown => {
  read(document, steps);
  const last = steps.at(-1);
  if (last === undefined) return null;
  const parent = read(document, steps.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isMembers(parent)) delete parent[last];
  return document;
};

export const applyMergePatch = (document: unknown, patch: unknown): unknown => {
  if (!isMembers(patch)) return patch;
  const result: Members = isMembers(document) ? { ...document } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else setOwn(result, name, applyMergePatch(result[name], value));
  }
  return result;
};

/** Lists that merge by a member; every other list is replaced whole. */
const mergeKeys: Record<string, string> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  imagePullSecrets: 'name',
  conditions: 'type',
  ownerReferences: 'uid',
  hostAliases: 'ip',
};

export const applyStrategicMergePatch = (document: unknown, patch: unknown): unknown => {
  if (!isMembers(patch)) return patch;
  if (patch.$patch === 'replace') return withoutDirectives(patch);
  const result: Members = isMembers(document) ? { ...document } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$')) continue;
    const before = result[name];
    if (value === null || (isMembers(value) && value.$patch === 'delete')) delete result[name];
    else if (Array.isArray(value) && isMergeList(name, value))
      setOwn(result, name, mergeList(Array.isArray(before) ? before : [], value, keyOf(name, value)));
    else setOwn(result, name, applyStrategicMergePatch(before, value));
  }
  const kept = patch.$retainKeys;
  if (Array.isArray(kept)) for (const name of Object.keys(result)) if (!kept.includes(name)) delete result[name];
  return result;
};

/** `ports` merge by containerPort in a container and by port in a Service. */
const keyOf = (name: string, list: unknown[]): string =>
  name === 'ports'
    ? list.some((item) => isMembers(item) && 'containerPort' in item)
      ? 'containerPort'
      : 'port'
    : (mergeKeys[name] ?? 'name');

const isMergeList = (name: string, list: unknown[]): boolean =>
  (name in mergeKeys || name === 'ports') && list.every(isMembers);

const mergeList = (before: unknown[], patch: unknown[], key: string): unknown[] => {
  if (patch.some((item) => isMembers(item) && item.$patch === 'replace')) {
    return patch.filter((item) => isMembers(item) && item.$patch !== 'replace').map(withoutDirectives);
  }
  let result = [...before];
  for (const item of patch) {
    if (!isMembers(item)) continue;
    const same = (other: unknown) => isMembers(other) && other[key] === item[key];
    if (item.$patch === 'delete') result = result.filter((other) => !same(other));
    else if (result.some(same))
      result = result.map((other) => (same(other) ? applyStrategicMergePatch(other, item) : other));
    else result.push(applyStrategicMergePatch({}, item));
  }
  return result;
};

const withoutDirectives = (value: unknown): unknown =>
  isMembers(value) ? Object.fromEntries(Object.entries(value).filter(([name]) => !name.startsWith('$'))) : value;
