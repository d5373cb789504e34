import { describe, expect, it } from 'vitest';
import type { PeerEvent } from '#src/peer/events.js';
import { PageAddress } from '#src/peer/web/page-address.js';

function scene(wanted = 0) {
  const told: string[] = [];
  const page = new PageAddress(wanted, (event: PeerEvent) => {
    if (event.type === 'ui') told.push(event.url);
  });
  const urlOf = (port: number) => `http://127.0.0.1:${port}/#token=${page.token}`;
  return { page, told, urlOf };
}

describe('the address of the page', () => {
  it('is told once the peer is there, and is the same in all lives of its actor', () => {
    const { page, told, urlOf } = scene();
    expect(page.port).toBe(0);
    page.listening(41_000);
    expect(told).toEqual([]);
    page.ready();
    expect(page.port).toBe(41_000);
    page.listening(41_000);
    expect(told).toEqual([urlOf(41_000)]);
  });

  it('is another where its port was taken between two lives, with another token', () => {
    const { page, told, urlOf } = scene();
    page.ready();
    page.listening(41_000);
    const shown = page.token;
    page.taken();
    expect(page.port).toBe(0);
    expect(page.token).not.toBe(shown);
    page.listening(42_000);
    expect(told.at(-1)).toBe(urlOf(42_000));
  });

  it('is another than that of the settings too, where somebody else has taken that', () => {
    const { page, told, urlOf } = scene(27_480);
    page.ready();
    page.listening(27_480);
    page.taken();
    expect(page.port).toBe(0);
    page.listening(43_000);
    expect(told).toHaveLength(2);
    expect(told.at(-1)).toBe(urlOf(43_000));
  });
});
