import { describe, expect, it } from 'vitest';
import type { Progress } from '#src/cli/progress.js';
import { TransferBars } from '#src/cli/transfer-bars.js';
import type { ContentId } from '#src/domain/ids.js';
import { OTHER_ID, SHARE, TRANSFER } from '#test/support/fake-peer.js';

const CONTENT = 'fedc'.repeat(16) as ContentId;

/** The bars that stand there, by their labels. */
function scene() {
  const bars = new Map<string, Progress>();
  const display = {
    show: (progress: Progress) => void bars.set(progress.key, progress),
    drop: (key: string) => void bars.delete(key),
    print: () => undefined,
    typed: () => undefined,
    end: () => undefined,
  };
  const transferBars = new TransferBars(display, (peerId) => `<${peerId}>`);
  const shown = () =>
    [...bars.values()].map(({ label, doneBytes, why = '' }) =>
      `${label} ${doneBytes} ${why}`.trim(),
    );
  return { transferBars, shown };
}

const running = { type: 'transfer', ...TRANSFER, state: 'running' } as const;

const HALF = { have: 1, chunks: 2, bytes: 100, bytesPerSecond: 1, etaMs: null, sources: 1 };

const progress = (id: ContentId, doneBytes: number) =>
  ({ type: 'download-progress', id, ...HALF, doneBytes }) as const;

describe('the bar of what is sent to this peer', () => {
  it('goes on where its draft comes to be its content, and is gone at its end', () => {
    const { transferBars, shown } = scene();
    transferBars.hear(running);
    transferBars.hear({ type: 'download-started', ...SHARE, have: 0, sources: 1 });
    transferBars.hear(progress(SHARE.id, 40));
    transferBars.hear({ ...running, id: CONTENT });
    transferBars.hear({ type: 'download-started', ...SHARE, id: CONTENT, have: 1, sources: 1 });
    transferBars.hear(progress(CONTENT, 60));
    expect(shown()).toEqual([`${TRANSFER.name} 60`]);
    transferBars.hear({ ...running, id: CONTENT, state: 'completed' });
    expect(shown()).toEqual([]);
  });

  it('is one bar, where its download was told of before its transfer', () => {
    const { transferBars, shown } = scene();
    transferBars.hear({ type: 'download-started', ...SHARE, have: 0, sources: 1 });
    transferBars.hear(progress(SHARE.id, 40));
    transferBars.hear(running);
    transferBars.hear(progress(SHARE.id, 50));
    expect(shown()).toEqual([`${TRANSFER.name} 50`]);
  });

  it('stands there only while it is neither paused nor held back by its sender', () => {
    const { transferBars, shown } = scene();
    const why = { code: 'paused', message: 'paused by anna' };
    for (const still of [
      { ...running, state: 'paused' },
      { ...running, state: 'waiting', why },
    ] as const) {
      transferBars.hear(running);
      transferBars.hear(progress(SHARE.id, 40));
      expect(shown()).toHaveLength(1);
      transferBars.hear(still);
      transferBars.hear(progress(SHARE.id, 41));
      expect(shown()).toEqual([]);
    }
  });
});

it('has a bar for each peer that something is sent to, by name, while it moves', () => {
  const { transferBars, shown } = scene();
  const sent = { ...running, direction: 'up', peerId: OTHER_ID, bytes: 40 } as const;
  transferBars.hear(sent);
  expect(shown()).toEqual([`${TRANSFER.name} to <${OTHER_ID}> 40`]);
  transferBars.hear({ ...sent, state: 'waiting' });
  expect(shown()).toEqual([]);
});

it('says of what is sent who has paused it at the other end, until that goes on or is gone', () => {
  const { transferBars, shown } = scene();
  const sent = { ...running, direction: 'up', peerId: OTHER_ID, bytes: 40 } as const;
  const why = { code: 'paused', message: 'paused by ben' };
  transferBars.hear(sent);
  transferBars.hear({ ...sent, state: 'waiting', why });
  expect(shown()).toEqual([`${TRANSFER.name} to <${OTHER_ID}> 40 paused by ben`]);
  transferBars.hear(sent);
  expect(shown()).toEqual([`${TRANSFER.name} to <${OTHER_ID}> 40`]);
  transferBars.hear({ ...sent, state: 'waiting', why });
  transferBars.hear({ ...sent, state: 'waiting', why: { code: 'away', message: 'ben is away' } });
  expect(shown()).toEqual([]);
});
