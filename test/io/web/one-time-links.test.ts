import { describe, expect, it } from 'vitest';
import { LINK_MS, OneTimeLinks } from '#src/io/web/one-time-links.js';

const FILM = { share: 'film', path: undefined };

describe('a link to a file', () => {
  it('is good once', () => {
    const links = new OneTimeLinks();
    const [one, other] = [links.make(FILM), links.make({ share: 'photos', path: 'a/b.jpg' })];
    expect(one).not.toBe(other);
    expect(one).toMatch(/^[\w-]{43}$/);
    expect(links.take(other)).toEqual({ share: 'photos', path: 'a/b.jpg' });
    expect(links.take(other)).toBeUndefined();
    expect(links.take(one)).toEqual(FILM);
    expect(links.take('')).toBeUndefined();
  });

  it('is good for a minute', () => {
    let now = 0;
    const links = new OneTimeLinks(() => now);
    const [soon, late] = [links.make(FILM), links.make(FILM)];
    now = LINK_MS;
    expect(links.take(soon)).toEqual(FILM);
    now += 1;
    expect(links.take(late)).toBeUndefined();
  });

  it('is one of 256: the oldest goes', () => {
    const links = new OneTimeLinks();
    const made = Array.from({ length: 257 }, () => links.make(FILM));
    expect(made.map((secret) => links.take(secret) !== undefined)).toEqual([
      false,
      ...Array.from({ length: 256 }, () => true),
    ]);
  });
});
