import { describe, expect, it } from 'vitest';
import { muteTrouble } from '#src/domain/discovery/discovery-troubles.js';

describe('a peer that nobody can find', () => {
  it.each([
    ['0.0.0.0', /no network interface with an IPv4 address/],
    ['::1', /over IPv4 only/],
    ['192.0.2.1', /no address 192\.0\.2\.1 at the moment/],
  ])('at %s is told why', (host, why) => {
    expect(muteTrouble(host, []).message).toMatch(why);
  });
});
