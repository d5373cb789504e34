import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHumanOutput } from '#src/cli/human-output.js';
import { MiB } from '#src/domain/limits.js';
import { captured } from '#test/support/captured-stream.js';
import { SHARE } from '#test/support/fake-peer.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function shown(stdout: ReturnType<typeof captured>) {
  const screen = {
    stdout,
    stderr: captured(),
    level: 'info',
    redraws: false,
    color: false,
  } as const;
  const output = createHumanOutput(screen);
  const share = (count: number) => {
    for (let at = 0; at < count; at += 1) {
      output.tell({ type: 'share-added', ...SHARE, name: `${at}.txt`, bytes: MiB, chunks: 1 });
    }
  };
  const take = (() => {
    let from = 0;
    return () => {
      const fresh = stdout.text().slice(from).trimEnd();
      from = stdout.text().length;
      return fresh === '' ? [] : fresh.split('\n');
    };
  })();
  return { output, share, take };
}

describe('what begins to be shared', () => {
  it('is a few lines and a count for a folder of a thousand files, on a terminal', () => {
    const { share, take } = shown(captured(80));
    share(1000);
    expect(take()).toEqual([0, 1, 2].map((at) => expect.stringContaining(`Sharing ${at}.txt (`)));
    vi.advanceTimersByTime(500);
    expect(take()).toEqual(['Sharing 997 more (997.0 MiB); `list` shows them']);
  });

  it('is told at once, each by its name, when it is not many', () => {
    const { share, take } = shown(captured(80));
    for (let time = 0; time < 5; time += 1) {
      share(1);
      expect(take()).toHaveLength(1);
      vi.advanceTimersByTime(500);
      expect(take()).toEqual([]);
    }
  });

  it('is told of from time to time while it goes on', () => {
    const { share, take } = shown(captured(80));
    share(3);
    take();
    for (let time = 0; time < 100; time += 1) {
      share(1);
      vi.advanceTimersByTime(200);
    }
    expect(take()).toEqual(
      [50, 50].map((count) => `Sharing ${count} more (${count}.0 MiB); \`list\` shows them`),
    );
  });

  it('is counted before whatever is told next, and before the end', () => {
    const { output, share, take } = shown(captured(80));
    share(5);
    output.tell({ type: 'notice', code: 'x', message: 'next' });
    expect(take().slice(3)).toEqual([expect.stringContaining('Sharing 2 more'), 'Note: next']);
    share(1);
    output.end();
    expect(take()).toEqual([expect.stringContaining('Sharing 1 more')]);
    vi.advanceTimersByTime(20_000);
    expect(take()).toEqual([]);
  });

  it('is a line each in a file', () => {
    const { share, take } = shown(captured());
    share(1000);
    expect(take()).toHaveLength(1000);
  });
});
