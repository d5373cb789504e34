/** Bytes from memory to memory between two processes, by one transport, counted where they arrive. */
import { fileURLToPath } from 'node:url';
import { launch } from '../run/child.mjs';
import { cpuSeconds } from '../run/usage.mjs';

const program = (name) => fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url));

const GiB = 1024 ** 3;

/** Two processes of this machine. */
const HERE = { host: '127.0.0.1', source: [], sink: [] };

/**
 * @param {{ carrier: 'p2p' | 'udx' | 'tcp' | 'dgram', packetBytes?: number, warmMs: number, ms: number,
 *   place?: { host: string, source: string[], sink: string[] } }} options `place` has the commands that lead to the
 *   two ends, and the address of the source.
 */
export async function barePipe({ place = HERE, ...options }) {
  const start = (name, way, more) => {
    const wish = JSON.stringify({ ...options, host: place.host, ...more });
    const [command, ...args] = [...way, process.execPath, program(name), wish];
    return launch(command, args, { label: `${name} ${options.carrier}` });
  };
  const source = start('pipe-source', place.source);
  const { port } = (await source.when((line) => line.type === 'listening')).value;
  const sink = start('pipe-sink', place.sink, { port });
  const used = () => cpuSeconds(source.pid) + cpuSeconds(sink.pid);
  await sink.when((line) => line.type === 'steady');
  const before = used();
  const { value } = await sink.when((line) => line.type === 'done');
  const cpu = used() - before;
  await Promise.all([source.end(), sink.end()]);
  const { bytes, ms, facts } = value;
  const megabytesPerSecond = bytes / ms / 1000;
  return {
    ms,
    bytes,
    megabytesPerSecond,
    told: `${megabytesPerSecond.toFixed(2)} MB/s`,
    cpuSecondsPerGiB: bytes === 0 ? undefined : cpu / (bytes / GiB),
    facts,
  };
}
