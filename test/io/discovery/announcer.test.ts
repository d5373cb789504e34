import { expect, it } from 'vitest';
import type { Claim } from '#src/domain/discovery/announcement.js';
import { Announcer } from '#src/io/discovery/announcer.js';
import type { Reach } from '#src/io/discovery/discovery-sockets.js';
import { announcerKey } from '#src/wire/announcement.js';
import { newIdentity, selfOf } from '#test/support/identities.js';

const WIFI = '192.0.2.1';
const CABLE = '192.0.2.2';

/** An announcer on a network that reaches, one announcement after the other, what the test says. */
async function announcing(...reaches: readonly Reach[]) {
  const sent: Omit<Claim, 'key'>[] = [];
  const network = {
    announce: (claim: Omit<Claim, 'key'>) => {
      sent.push(claim);
      return Promise.resolve(reaches[sent.length - 1] ?? expect.fail());
    },
  };
  const identity = await newIdentity();
  const self = selfOf(identity);
  const announcer = new Announcer(network, self, announcerKey(identity.credentials.keyPem));
  const announce = (sequence = 0) =>
    announcer.announce({ flag: 'alive', sequence, load: 3, component: 5 });
  return { announcer, announce, sent, self };
}

it('says who is here, and what it was told to say', async () => {
  const { announce, sent, self } = await announcing({ reached: [], failed: [], failures: 0 });
  await announce(77);
  const { ports, instance } = self;
  const standing = { load: 3, component: 5 };
  expect(sent).toEqual([{ flag: 'alive', sequence: 77, ...standing, ports, instance }]);
});

it('notices when it reaches somewhere else, or is refused for another reason, and nothing else', async () => {
  const refused = (code: string, failures: number): Reach => ({
    reached: [WIFI],
    failed: [{ address: CABLE, code }],
    failures,
  });
  const reaches: readonly Reach[] = [
    { reached: [WIFI], failed: [], failures: 0 },
    { reached: [WIFI], failed: [], failures: 0 },
    refused('ENETUNREACH', 1),
    refused('ENETUNREACH', 2),
    refused('EPERM', 3),
    { reached: [], failed: [], failures: 3 },
  ];
  const { announcer, announce } = await announcing(...reaches);
  const isNews = [true, false, true, false, true, true];
  for (const [at, reach] of reaches.entries()) {
    expect(await announce()).toBe(isNews[at]);
    expect(announcer.reach).toEqual(reach);
  }
});

it('makes no news of reaching nobody from the start: that is told by itself', async () => {
  const { announce } = await announcing({ reached: [], failed: [], failures: 0 });
  expect(await announce()).toBe(false);
});
