/** What a service may name for diagnoses to ask. */
import { describe, expect, test } from 'vitest';
import { Service } from '../../src/schema/organisation.ts';

const isTaken = (named: object): boolean =>
  Service.safeParse({ title: 'Checkout', team: 'shop', tier: 1, publicName: 'Checkout', ...named }).success;

describe('a health page', () => {
  test.each(['https://checkout.shop.example/health', 'http://10.0.0.7:8080/', 'http://localhost/health'])(
    'may be at %s',
    (url) => expect(isTaken({ health: { url } })).toBe(true),
  );
  test.each([
    ['a file', 'file:///etc/passwd'],
    ['another protocol', 'ftp://checkout.shop.example/health'],
    ['an address with a user and a password', 'https://ada:secret@checkout.shop.example/health'],
    ['no address at all', 'checkout'],
  ])('is never %s', (_, url) => expect(isTaken({ health: { url } })).toBe(false));
  test('is healthy with 200 where nothing else is said', () => {
    const { health } = Service.parse({
      title: 'Checkout',
      team: 'shop',
      tier: 1,
      publicName: 'Checkout',
      health: { url: 'https://checkout.shop.example/health' },
    });
    expect(health?.expect).toBe(200);
  });
});

test('six figures are taken, and a seventh is not', () => {
  const figures = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ title: `Figure ${index}`, query: 'up', unit: 'count' }));
  expect(isTaken({ figures: figures(6) })).toBe(true);
  expect(isTaken({ figures: figures(7) })).toBe(false);
});

test('alarms without a prefix and a log group without a name are not taken: they would be all there are', () => {
  expect(isTaken({ alarms: { prefix: '' } })).toBe(false);
  expect(isTaken({ logs: { group: '' } })).toBe(false);
  expect(isTaken({ alarms: { prefix: 'checkout-' }, logs: { group: '/shop' } })).toBe(true);
});
