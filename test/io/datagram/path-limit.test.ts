import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { BASE_BYTES } from '#src/domain/datagram/packet-size.js';
import { datagramLimit } from '#src/io/datagram/path-limit.js';

const IS_LINUX = process.platform === 'linux';

/** Own addresses that others can reach, each with what the system says of its interface. */
function reachable() {
  return Object.entries(networkInterfaces()).flatMap(([name, own = []]) =>
    own
      .filter(({ internal }) => !internal)
      .map(({ address, family }) => ({
        address,
        headers: family === 'IPv6' ? 48 : 28,
        mtu: Number(readFileSync(`/sys/class/net/${name}/mtu`, 'utf8')),
      })),
  );
}

describe('the largest datagram worth trying', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1'])('is the largest there is to %s', (address) => {
    expect(datagramLimit(address)).toBe(65_507);
  });

  it.runIf(IS_LINUX && reachable().length > 0)(
    'is never larger than what the interface carries in one piece',
    () => {
      for (const { address, headers, mtu } of reachable()) {
        const limit = datagramLimit(address);
        expect(limit).toBeLessThanOrEqual(Math.min(65_507, Math.max(mtu, 1280) - headers));
        expect(limit).toBeGreaterThanOrEqual(BASE_BYTES);
      }
    },
  );

  it.each(['192.0.2.1', '2001:db8::1', 'fe80::1%lo', '::ffff:192.0.2.1'])(
    'is never more than a datagram holds, nor less than every way carries, to %s',
    (address) => {
      expect(datagramLimit(address)).toBeGreaterThanOrEqual(BASE_BYTES);
      expect(datagramLimit(address)).toBeLessThanOrEqual(65_507);
    },
  );
});
