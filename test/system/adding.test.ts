import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNetwork, knows, seen } from '#test/support/network.js';
import { freePeerBase, HOST } from '#test/support/places.js';

const SILENT = { discovery: { enabled: false } } as const;

describe('where announcements do not pass', () => {
  it('a peer is found by --peer, and again at the next start because its address was remembered', async () => {
    const network = await createNetwork(0, undefined, { settings: SILENT });
    const [home, other] = [network.home('named'), network.home('naming')];
    writeFileSync(join(home.share, 'file'), 'of the one that was named');
    const port = await freePeerBase();
    const named = await network.start(home, { port });
    const naming = await network.start(other, { peers: [`${HOST}:${port}`] });
    await Promise.all([knows(naming, [named]), knows(named, [naming])]);
    await seen(naming, 'file');
    expect(await naming.download('file')).toMatchObject({ bytes: 25 });
    await naming.close();
    await named.heard.until('peer-down', { where: ({ reason }) => reason === 'stopped' });

    const again = await network.start(other);
    await knows(again, [named]);
    expect(again.peerId).toBe(naming.peerId);
  });

  it('a peer is found by `add`, and knows who added it', async () => {
    const [one, two] = (await createNetwork(2, undefined, { settings: SILENT })).peers;
    if (one === undefined || two === undefined) throw new Error('no peers');
    expect(one.peers()).toEqual([]);
    const row = await one.add(`localhost:${two.ports.mesh}`);
    expect(row).toMatchObject({ peerId: two.peerId, name: two.name, port: two.ports.mesh });
    await knows(two, [one]);
    expect(await one.add(`${HOST}:${two.ports.mesh}`)).toMatchObject({ peerId: two.peerId });
  });

  it.each([
    ['nonsense', 'usage', /nonsense is no address: write HOST:PORT/],
    ['127.0.0.1:99999', 'usage', /no address/],
    ['127.0.0.1', 'usage', /no address/],
  ])('`add %s` says what an address is', async (address, code, sentence) => {
    const [one] = (await createNetwork(1, undefined, { settings: SILENT })).peers;
    await expect(one?.add(address)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(sentence),
    });
  });

  it('`add` of what nobody listens on, and of ourselves, says so', async () => {
    const [one] = (await createNetwork(1, undefined, { settings: SILENT })).peers;
    if (one === undefined) throw new Error('no peer');
    const nobody = `${HOST}:${await freePeerBase()}`;
    await expect(one.add(nobody)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining(`${nobody}: nobody can be reached there`),
    });
    await expect(one.add(`${HOST}:${one.ports.mesh}`)).rejects.toThrow(/our own address/);
    expect(one.peers().filter(({ state }) => state === 'up')).toEqual([]);
  });
});
