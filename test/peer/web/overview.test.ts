import { describe, expect, it } from 'vitest';
import { answerOf } from '#src/peer/web/answers.js';
import type { Overview } from '#web/api/answers.js';
import { Lines } from '#web/api/event-stream.js';

/** What a peer has that others have filled as far as they may. */
function crowded() {
  const rows = (count: number, row: (at: number) => object) =>
    Array.from({ length: count }, (_, at) => row(at));
  return {
    host: '127.0.0.1',
    ports: {},
    status: () => ({ peerId: 'self' }),
    peers: () => rows(300, (at) => ({ peerId: `${at}` })),
    transfers: async () => rows(1500, (at) => ({ transferId: `${at}` })),
    offers: () => rows(100, (at) => ({ id: `${at}`, name: '\u0001'.repeat(4096) })),
    messages: () => rows(1000, (at) => ({ id: `${at}`, text: '\u0001'.repeat(4096) })),
  };
}

async function overview(): Promise<Overview> {
  const answer = await answerOf(crowded() as never, 'getOverview', {}, {} as never);
  return answer as Overview;
}

describe('what somebody who comes wants to see at once', () => {
  it('is a line that a page reads, whatever others say and are called', async () => {
    const line = `${JSON.stringify({ type: 'overview', ...(await overview()) })}\n`;
    const bytes = new TextEncoder().encode(line);
    expect(new Lines().take(bytes)).toHaveLength(1);
    expect(line.length).toBeLessThan(3 * 512 * 1024);
  });

  it('has the newest messages, and the first rows of lists with how many there are', async () => {
    const { messages, offers, peers, transfers } = await overview();
    expect([messages.at(-1)?.id, messages.length]).toEqual(['999', 21]);
    expect([offers.items[0]?.id, offers.items.length, offers.total]).toEqual(['0', 21, 100]);
    expect([peers.items.length, peers.total]).toEqual([300, 300]);
    expect([transfers.items.length, transfers.total]).toEqual([1000, 1500]);
  });
});
