/**
 * A machine of its own for the peers of a measurement: a network namespace in which nobody else speaks, so that its
 * loopback counts their bytes and no others. It is held by one process; when that ends, the kernel takes it away.
 */
import { readFileSync } from 'node:fs';
import { holdNamespaces } from './namespace-holder.mjs';

const NEEDS = 'it takes iproute2, util-linux, and root or users who may make namespaces';

/** Places in a line of /proc/net/dev, behind the name: what came in. On loopback all that was sent comes in. */
const BYTES = 0;
const PACKETS = 1;

/**
 * @returns `at`: where to start peers; `traffic`: bytes and packets on its loopback so far; `end` takes it away
 * @throws when it cannot be made here
 */
export async function openNamespace() {
  const holder = await holdNamespaces({
    kinds: ['--net'],
    script: 'ip link set lo up',
    none: 'no network namespace',
    needs: NEEDS,
  });
  return {
    at: { way: holder.enter, host: '127.0.0.1' },
    traffic() {
      const lines = readFileSync(`/proc/${holder.pid}/net/dev`, 'utf8').split('\n');
      const loopback = lines.find((line) => line.trim().startsWith('lo:')) ?? '';
      const counts = loopback
        .slice(loopback.indexOf(':') + 1)
        .trim()
        .split(/\s+/)
        .map(Number);
      return { bytes: counts[BYTES], packets: counts[PACKETS] };
    },
    end: () => holder.end(),
  };
}
