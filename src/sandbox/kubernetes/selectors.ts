/** Label and field selectors of list requests. Syntax: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ */
import type { KubeObject, LabelSelector } from './objects.ts';
import { badRequest } from './status.ts';

type Predicate = (labels: Record<string, string>) => boolean;

export const matchesSelector = (selector: LabelSelector, labels: Record<string, string> = {}): boolean =>
  Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      default:
        return value === undefined;
    }
  });

/** `app=web,tier!=db,env in (a,b),!old`; throws 400 for anything else. */
export const parseLabelSelector = (text: string): Predicate => {
  const requirements = text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseRequirement);
  return (labels) => requirements.every((requirement) => requirement(labels));
};

const parseRequirement = (text: string): Predicate => {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (labels) => {
      const value = labels[key];
      return operator === 'in'
        ? value !== undefined && values.includes(value)
        : value === undefined || !values.includes(value);
    };
  }
  const comparison = /^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$/.exec(text);
  if (comparison) {
    const [, key = '', operator, value = ''] = comparison;
    return (labels) => (operator === '!=' ? labels[key] !== value : labels[key] === value);
  }
  const existence = /^(!?)\s*([^\s=!(),]+)$/.exec(text);
  if (existence) {
    const [, negated, key = ''] = existence;
    return (labels) => (labels[key] !== undefined) === (negated === '');
  }
  throw badRequest(`unable to parse requirement: ${text}`);
};

const fields = new Set([
  'metadata.name',
  'metadata.namespace',
  'status.phase',
  'spec.nodeName',
  'involvedObject.kind',
  'involvedObject.namespace',
  'involvedObject.name',
  'involvedObject.uid',
  'involvedObject.apiVersion',
  'involvedObject.resourceVersion',
  'involvedObject.fieldPath',
  'reason',
  'type',
]);

export const parseFieldSelector = (text: string): ((object: KubeObject) => boolean) => {
  const requirements = text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [, field = '', operator, value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part.trim()) ?? [];
      if (!fields.has(field)) throw badRequest(`field label not supported: ${field || part}`);
      return (object: KubeObject) => (at(object, field) === value) === (operator !== '!=');
    });
  return (object) => requirements.every((requirement) => requirement(object));
};

const at = (object: unknown, path: string): string => {
  let value: unknown = object;
  for (const step of path.split('.')) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined;
  }
  return typeof value === 'string' ? value : '';
};
