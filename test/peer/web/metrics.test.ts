import { describe, expect, it } from 'vitest';
import { Metrics } from '#src/peer/web/metrics.js';
import { createFakePeer, OTHER_ID, SHARE, TRANSFER } from '#test/support/fake-peer.js';

const LINE = /^(# (HELP|TYPE) p2p_\w+ .+|p2p_\w+(\{\w+="[\w-]+"(,\w+="[\w-]+")*\})? [\d.e+-]+)$/;

function scene() {
  const metrics = new Metrics({ lateMs: () => 250, banned: () => 2 });
  const actors = [
    { actor: 'mesh', state: 'running', restarts: 1 },
    { actor: 'request', state: 'running', restarts: 0 },
    { actor: 'request', state: 'running', restarts: 0 },
  ] as const;
  const status = { ...createFakePeer().status(), actors };
  return { metrics, text: () => metrics.text(status, [TRANSFER, TRANSFER]) };
}

describe('what Prometheus is told', () => {
  it('is lines of its format, each sample once', () => {
    const lines = scene().text().trimEnd().split('\n');
    for (const line of lines) expect(line).toMatch(LINE);
    const samples = lines.filter((line) => !line.startsWith('#')).map((line) => line.split(' ')[0]);
    expect(new Set(samples).size).toBe(samples.length);
  });

  it('has transfers, bans, restarts, and how long actors were held up', () => {
    const lines = scene().text().split('\n');
    for (const line of [
      'p2p_transfers{direction="down",state="paused"} 2',
      'p2p_banned_peers 2',
      'p2p_actor_restarts_total{actor="mesh"} 1',
      'p2p_event_loop_delay_seconds{actor="mesh"} 0.25',
    ]) {
      expect(lines).toContain(line);
    }
  });

  it('counts what came', () => {
    const { metrics, text } = scene();
    for (const index of [0, 1]) {
      metrics.hear({ type: 'chunk-received', id: SHARE.id, index });
    }
    metrics.hear({
      type: 'download-completed',
      ...SHARE,
      path: '/d',
      fetchedBytes: 7,
      ms: 1,
      sources: [
        { peerId: OTHER_ID, chunks: 3, transport: 'tcp' },
        { peerId: OTHER_ID, chunks: 1, transport: 'udp' },
      ],
    });
    expect(text()).toContain('p2p_fetched_chunks_total 4\n');
    expect(text()).toContain('p2p_given_chunks_total 2\n');
    expect(text()).toContain('p2p_fetched_bytes_total 7\n');
  });
});
