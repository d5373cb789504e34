import { describe, expect, it } from 'vitest';
import { lossShareOf, outcomeText, ownSettings, packetsText } from '#src/cli/udp-options.js';
import { newTraffic } from '#src/domain/datagram/traffic.js';

describe('--loss', () => {
  it.each([
    [undefined, 0],
    ['0', 0],
    ['20', 0.2],
    ['20%', 0.2],
    ['0.5%', 0.005],
    ['0.2', 0.2],
    ['1', 0.01],
    ['90', 0.9],
  ])('%s is a share of %d', (text, share) => {
    expect(lossShareOf(text)).toBeCloseTo(share, 10);
  });

  it.each(['', '91', '0.91', '100', '-1', '1e1', '20 %', 'x', '20%%'])('refuses %j', (text) => {
    expect(() => lossShareOf(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});

describe('the name shown to the other end', () => {
  const cwd = process.cwd();

  it("is what was given, else P2P_NAME, else the host's, and no other setting matters", () => {
    const env = { P2P_NAME: 'kitchen', P2P_PORT: 'nonsense' };
    expect(ownSettings('anna', { env, cwd }).name).toBe('anna');
    expect(ownSettings(undefined, { env, cwd }).name).toBe('kitchen');
    expect(ownSettings(undefined, { env: {}, cwd }).name.length).toBeGreaterThan(0);
  });

  it('comes with the key of the private network, where the environment has one', () => {
    const key = 'a1'.repeat(32);
    expect(ownSettings('anna', { env: {}, cwd }).networkKey).toBeUndefined();
    expect(ownSettings('anna', { env: { P2P_NETWORK_KEY: key }, cwd }).networkKey).toBe(key);
  });

  it('is one that a peer may have', () => {
    const error = (code: string) => expect.objectContaining({ code });
    expect(() => ownSettings('a\nb', { env: {}, cwd })).toThrow(error('usage'));
    expect(() => ownSettings(undefined, { env: { P2P_NAME: 'a\nb' }, cwd })).toThrow(
      error('config'),
    );
  });
});

describe('what a transfer came to', () => {
  it('is told with its rate, and what became of the packets', () => {
    expect(outcomeText({ bytes: 2048, ms: 500, bytesPerSecond: 4096 })).toBe(
      '2.0 KiB in 0.5 s, 4.0 KiB/s',
    );
    expect(outcomeText({ bytes: 0, ms: 2, bytesPerSecond: 0 })).toBe('0 B in 0.0 s');
    const traffic = {
      ...newTraffic(),
      packetsOut: 7,
      lost: 2,
      again: 1,
      dropped: 5,
      refusalsIn: 3,
      damaged: 4,
    };
    expect(packetsText(traffic)).toBe(
      '  packets: 7 sent, acknowledgements too; of the others 2 lost, 1 retransmission; ' +
        '0 received, 5 dropped on purpose\n' +
        '  damaged: 4 arrived here; NAKs: 3 received, 0 sent',
    );
  });
});
