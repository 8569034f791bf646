import { describe, expect, test } from 'vitest';
import { personNamed } from '../../../src/domain/changes/author.ts';

const people = {
  dana: { name: 'Dana Whitfield', email: 'dana@shop.example', chat: 'U0DANA' },
  hugo: { name: 'Hugo Barreto', email: 'hugo@shop.example', accounts: ['hugo-codes'] },
  li: { name: 'Li', email: 'li@shop.example' },
  ravi: { name: 'Ravi Menon', email: 'ravi@shop.example' },
  other: { name: 'Ravi Menon', email: 'ravi2@shop.example' },
};

describe('whoever made a change is known', () => {
  test.each([
    ['dana', 'dana'],
    ['DANA', 'dana'],
    ['U0DANA', 'dana'],
    ['dana@shop.example', 'dana'],
    [' Dana  Whitfield ', 'dana'],
    ['Hugo-Codes', 'hugo'],
    ['release checkout 2.4.0 by Hugo Barreto', 'hugo'],
    ['kubectl set image ... --as=hugo@shop.example', 'hugo'],
  ])('as %s', (text, person) => {
    expect(personNamed(text, people)).toBe(person);
  });
});

describe('nobody is taken for the author', () => {
  test.each([
    ['where nobody is named', null],
    ['by a machine', 'argocd-controller'],
    ['by a short name inside of other words', 'Lindqvist on-call'],
    ['by an id inside of a sentence, which may be a word', 'release for dana'],
    ['by a name that is a part of a longer one', 'Hugo Barretos release'],
    ['by a name that two people have', 'release by Ravi Menon'],
    ['where two people are named', 'Dana Whitfield and Hugo Barreto'],
  ])('%s', (_, text) => {
    expect(personNamed(text, people)).toBeNull();
  });
});
