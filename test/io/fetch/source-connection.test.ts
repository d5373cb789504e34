import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { connecting } from '#src/io/fetch/source-connection.js';
import type { Received } from '#src/io/net/delivery.js';
import { newIdentity, selfOf } from '#test/support/identities.js';
import { type Offering, startScripted } from '#test/support/serving.js';

const id = 'ab'.repeat(32) as ContentId;

/** The connection of a newcomer to this source, not dialled yet. */
async function connectionTo({ port, identity: { peerId } }: Offering, expected = peerId) {
  const identity = await newIdentity();
  const place = {
    id,
    isDraft: false,
    source: expected,
    host: '127.0.0.1',
    port,
    transport: 'tcp',
    self: selfOf(identity),
    credentials: identity.credentials,
    pingMs: 1000,
    deadAfterMs: 5000,
  } as const;
  return connecting(place, () => undefined);
}

it('is ready to be asked once it stands', async () => {
  let ask: (received: Received) => void = () => undefined;
  const asked = new Promise<Received>((resolve) => {
    ask = resolve;
  });
  const source = await startScripted((_, received) => ask(received));
  const { session, fetching, rttMs } = await firstValueFrom(await connectionTo(source));
  expect(rttMs).toBeGreaterThan(0);
  fetching.askManifest();
  expect((await asked).message).toEqual({ type: 'get-root', id });
  session.close();
});

it('is closed where nobody waits for it any more when it stands', async () => {
  const source = await startScripted(() => undefined);
  (await connectionTo(source)).subscribe().unsubscribe();
  const { closed } = await firstValueFrom(source.sessions);
  await closed;
});

it('fails where somebody else answers than the one expected', async () => {
  const source = await startScripted(() => undefined);
  const { peerId } = await newIdentity();
  await expect(firstValueFrom(await connectionTo(source, peerId))).rejects.toMatchObject({
    code: 'identity',
  });
});
