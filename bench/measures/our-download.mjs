/** One download between fresh peers of ours. */
import { startSwarm } from '../run/peers.mjs';
import { cpuSeconds, peakBytes } from '../run/usage.mjs';

/** For `env`: all chunks come over our own streams. */
export const OVER_UDP = { P2P_TRANSFER_TRANSPORT: 'udp' };

/**
 * From the `download` command to `download-completed`, as the process that typed the one hears the other.
 * @param {{ scratch: string, shared: string, sources: number,
 *   verify: (path: string) => void, preload?: string,
 *   env?: Record<string, string>, places?: object, before?: (peers: object[]) => Promise<void>, after?: (peers: object[]) => Promise<void> }} options
 *   `before` and `after` stand right around the download, outside of its time.
 */
export async function ourDownload(options) {
  const swarm = await startSwarm(options);
  const { owners, fetcher, share, sharingMs } = swarm;
  const peers = [...owners, fetcher];
  await options.before?.(peers);
  const used = peers.map(({ pid }) => cpuSeconds(pid));
  const begun = performance.now();
  let firstAt;
  fetcher.each(({ at, value }) => {
    if (value.type === 'download-progress' && value.have > 0) firstAt ??= at;
  });
  fetcher.say(`download ${share.id}`);
  const done = await fetcher.when(({ type }) => /^download-(completed|failed)$/.test(type));
  if (done.value.type === 'download-failed') throw new Error(done.value.message);
  const cpu = peers.map(({ pid }, index) => cpuSeconds(pid) - used[index]);
  const peaks = peers.map(({ pid }) => peakBytes(pid));
  await options.after?.(peers);
  options.verify(done.value.path);
  await Promise.all(peers.map((peer) => peer.end()));
  return {
    ms: done.at - begun,
    /** Until the first chunk was stored. */
    firstChunkMs: (firstAt ?? done.at) - begun,
    /** What the owners took before, to list and hash it. */
    sharingMs,
    senderCpuSeconds: cpu.slice(0, -1).reduce((sum, seconds) => sum + seconds, 0),
    receiverCpuSeconds: cpu.at(-1),
    senderPeakBytes: Math.max(...peaks.slice(0, -1)),
    receiverPeakBytes: peaks.at(-1),
    sources: done.value.sources.length,
  };
}
