/** Watches every thread of our peers during a download; see programs/thread-monitor.mjs. */

const program = (name) => new URL(`../programs/${name}.mjs`, import.meta.url).href;

/**
 * @param {'delay-probe' | 'profile-probe'} probe
 * @param {Record<string, string>} [env] for the probe
 * @returns what `ourDownload` takes, and afterwards `threads`: what each thread of each peer found
 */
export function createMonitor(probe, env = {}) {
  const threads = [];
  return {
    threads,
    preload: program('thread-monitor'),
    env: { BENCH_PROBE: program(probe), ...env },
    before: (peers) => signalled(peers, 'monitor-begun'),
    async after(peers) {
      const ended = await signalled(peers, 'monitor-ended');
      const roleOf = (index) => (index === peers.length - 1 ? 'fetcher' : 'source');
      ended.forEach(({ value }, index) => {
        threads.push(...value.threads.map((found) => ({ peer: roleOf(index), ...found })));
      });
    },
  };
}

function signalled(peers, answer) {
  return Promise.all(
    peers.map((peer) => {
      peer.signal('SIGUSR2');
      return peer.when(({ type }) => type === answer);
    }),
  );
}
