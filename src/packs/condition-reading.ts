/** What a condition speaks of, what it costs at the most, and whether it is made of nothing but what is allowed. */
import type { ASTNode } from '@marcbachmann/cel-js';

export interface Mention {
  /** Such as `pods.notReady`. */
  path: string;
  /** It stands under a `!`. */
  denied: boolean;
  /** It stands in `has()`: whether it is known is the question. */
  asked: boolean;
}

export interface Spoken {
  mentions: Mention[];
  /** Of nodes; one that is looked at for every entry of a list counts for each of them. */
  cost: number;
  /** Of the first thing that is CEL and not allowed here. */
  refused: string | null;
}

const listEntriesMax = 50;

const overLists = ['exists', 'all', 'exists_one'];
const overText = ['contains', 'startsWith', 'endsWith', 'size'];

/** Everything a condition speaks of and what it costs at the most. */
export const spokenIn = (root: ASTNode): Spoken => {
  const spoken: Spoken = { mentions: [], cost: 0, refused: null };
  const refuse = (what: string): void => {
    spoken.refused ??= `${what} is not allowed in a condition; there are has, size, ${[...overLists, ...overText.slice(0, -1)].join(', ')}`;
  };
  const walk = (node: ASTNode, at: { times: number; denied: boolean; asked: boolean; own: string[] }): void => {
    spoken.cost += at.times;
    switch (node.op) {
      case 'value':
        return;
      case 'id':
      case '.': {
        const path = pathOf(node);
        if (path === null) return refuse('this way to a field');
        const [root = ''] = path.split('.');
        if (!at.own.includes(root)) spoken.mentions.push({ path, denied: at.denied, asked: at.asked });
        return;
      }
      case 'call': {
        const [name, given] = node.args;
        if (name !== 'has' && name !== 'size') return refuse(`${name}()`);
        for (const one of given) walk(one, { ...at, asked: at.asked || name === 'has' });
        return;
      }
      case 'rcall': {
        const [name, receiver, given] = node.args;
        walk(receiver, at);
        if (overText.includes(name)) {
          for (const one of given) walk(one, at);
          return;
        }
        if (!overLists.includes(name)) return refuse(`${name}()`);
        const [variable, body] = given;
        if (variable?.op !== 'id' || !body) return refuse(`${name}() without a name`);
        return walk(body, { ...at, times: at.times * listEntriesMax, own: [...at.own, variable.args] });
      }
      case '!_':
        return walk(node.args, { ...at, denied: !at.denied });
      case '-_':
        return walk(node.args, at);
      case 'list':
      case '?:':
      case '&&':
      case '||':
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
      case 'in':
      case '+':
      case '-':
      case '*':
      case '/':
        for (const one of node.args) walk(one, at);
        return;
      default:
        return refuse(`"${node.op}"`);
    }
  };
  walk(root, { times: 1, denied: false, asked: false, own: [] });
  return spoken;
};

const pathOf = (node: ASTNode): string | null => {
  if (node.op === 'id') return node.args;
  if (node.op !== '.') return null;
  const [inner, field] = node.args;
  const path = pathOf(inner);
  return path === null ? null : `${path}.${field}`;
};
