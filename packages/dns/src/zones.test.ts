import type { Zone } from './record.js';
import { chooseZone } from './zones.js';

const zone = (id: string, name: string, is_private = false): Zone => ({ id, name, is_private });
const zones = [
  zone('Z1', 'co.uk'),
  zone('Z2', 'example.co.uk'),
  zone('Z3', 'dev.example.co.uk'),
  zone('Z4', 'example.com'),
  zone('Z5', 'example.com', true),
  zone('Z6', 'cluster', true),
  zone('Z7', 'cluster', true),
];

it.each([
  ['a.dev.example.co.uk', undefined, 'Z3'],
  ['dev.example.co.uk', undefined, 'Z3'],
  ['adev.example.co.uk', undefined, 'Z2'],
  ['other.co.uk', undefined, 'Z1'],
  ['www.example.com', undefined, 'Z5'],
  ['www.example.com', '', 'Z5'],
  ['www.example.com', 'Z4', 'Z4'],
  ['www.example.com', '/hostedzone/Z4', 'Z4'],
  ['www.example.com', 'Example.com.', 'Z5'],
  ['a.dev.example.co.uk', 'example.co.uk', 'Z2'],
  ['kick.cluster', 'Z7', 'Z7'],
])('%s with zone %j lies in %s', (hostname, wanted, id) => {
  expect(chooseZone(zones, hostname, wanted)).toMatchObject({ zone: { id } });
});

it('a name that only ends in the same letters lies in no zone', () => {
  expect(chooseZone(zones, 'notexample.com')).toBeUndefined();
  expect(chooseZone([], 'example.com')).toBeUndefined();
});

it.each([
  ['kick.cluster', undefined, /2 private zones named cluster.*Z6, Z7/],
  ['kick.cluster', 'cluster', /2 private zones named cluster.*Z6, Z7/],
  ['www.example.com', 'Z9', /no zone "Z9"/],
  ['www.example.com', 'example.co.uk', /www.example.com does not lie in the zone example.co.uk/],
])('%s with zone %j is refused with the reason', (hostname, wanted, reason) => {
  expect(chooseZone(zones, hostname, wanted)).toEqual({ problem: expect.stringMatching(reason) as string });
});

it('the order of the zones makes no difference', () => {
  const reversed = [...zones].reverse();
  for (const name of ['www.example.com', 'kick.cluster', 'a.dev.example.co.uk']) {
    expect(chooseZone(reversed, name)).toEqual(chooseZone(zones, name));
  }
});
