import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgress } from '#src/cli/progress.js';
import { tinyScreen } from '#test/support/tiny-screen.js';

/** More than the time between two frames. */
const FRAME_MS = 300;

function terminal() {
  const screen = tinyScreen();
  const stream = new Writable({
    write(part, _encoding, done) {
      screen.write(String(part));
      done();
    },
  });
  const tty = Object.assign(stream, { isTTY: true, columns: 80 });
  const display = createProgress(tty, true);
  const show = (key: string, doneBytes: number): void => {
    display.show({ key, label: key, doneBytes, bytes: 100 });
    vi.advanceTimersByTime(FRAME_MS);
  };
  const narrow = (columns: number): void => {
    tty.columns = columns;
    screen.narrow(columns);
  };
  return { screen, display, show, narrow };
}

/** Of a transfer, whose rate is known. */
const moving = (key: string, doneBytes: number, sources?: number) => ({
  key,
  label: key,
  doneBytes,
  bytes: 1000,
  bytesPerSecond: 100,
  etaMs: 1000,
  ...(sources !== undefined && { sources }),
});

const bar = (name: string, percent: number) =>
  expect.stringMatching(new RegExp(`^${name} +\\[[#.]+\\] +${percent} %$`));

describe('what is typed while bars are drawn', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('stands on a line of its own, where the next key goes on', () => {
    const { screen, show } = terminal();
    show('film', 10);
    screen.write('sta');
    show('film', 20);
    screen.write('tus');
    show('film', 30);
    expect(screen.rows()).toEqual([bar('film', 30), 'status']);
  });

  it('goes above the bars with its answer when it is ended, and leaves no bar behind', () => {
    const { screen, display, show } = terminal();
    show('film', 10);
    screen.write('status\n');
    display.typed('status\n');
    display.print('up 5 s');
    show('film', 20);
    screen.write('x');
    show('film', 30);
    expect(screen.rows()).toEqual(['status', 'up 5 s', bar('film', 30), 'x']);
  });

  it('is below all bars, however many there are, and they leave nothing behind', () => {
    const { screen, display, show } = terminal();
    show('film', 10);
    show('song', 20);
    show('text', 30);
    screen.write('li');
    show('film', 40);
    expect(screen.rows()).toEqual([bar('film', 40), bar('song', 20), bar('text', 30), 'li']);
    display.drop('song');
    screen.write('st');
    show('film', 50);
    expect(screen.rows()).toEqual([bar('film', 50), bar('text', 30), 'st']);
    display.drop('film');
    display.drop('text');
    display.print('done');
    expect(screen.rows()).toEqual(['done']);
  });

  it('may take several rows and come several lines at once', () => {
    const { screen, display, show } = terminal();
    show('film', 10);
    // A line of 100 characters takes two rows of 80 columns.
    screen.write(`${'a'.repeat(80)}\n${'a'.repeat(20)}\nlist\n`);
    display.typed(`${'a'.repeat(100)}\nlist\n`);
    show('film', 20);
    expect(screen.rows().slice(-3)).toEqual(['list', bar('film', 20), '']);
    expect(screen.rows()).toHaveLength(4);
  });
});

describe('a terminal that is made narrower', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('has the bars as wide as it is, and nothing left of those before', () => {
    const { screen, display, show, narrow } = terminal();
    display.print('hello');
    show('film', 10);
    show('song', 20);
    narrow(50);
    show('film', 30);
    expect(screen.rows()).toEqual(['hello', bar('film', 30), bar('song', 20), '']);
    narrow(80);
    narrow(35);
    display.print('between');
    show('song', 40);
    expect(screen.rows()).toEqual(['hello', 'between', bar('film', 30), bar('song', 40), '']);
    narrow(60);
    display.drop('song');
    expect(screen.rows()).toEqual(['hello', 'between', bar('film', 30), '']);
    narrow(30);
    display.end();
    expect(screen.rows()).toEqual(['hello', 'between', '']);
  });
});

describe('several transfers at once', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const shown = ({ display }: ReturnType<typeof terminal>, ...all: ReturnType<typeof moving>[]) => {
    for (const one of all) display.show(one);
    vi.advanceTimersByTime(FRAME_MS);
  };

  it('have a bar each, and below them one in all, as long as there are several', () => {
    const scene = terminal();
    const { screen, display } = scene;
    shown(scene, moving('film', 100, 2), moving('song', 300));
    shown(scene, moving('text', 800, 3), moving('song', 400));
    expect(screen.rows().map((row) => row.replaceAll(/ *\[.*\] */g, ' '))).toEqual([
      'film 10 %      100 B/s    0:01 left  2 src',
      'song 40 %      100 B/s    0:01 left',
      'text 80 %      100 B/s    0:01 left  3 src',
      'in all (3) 43 %      300 B/s    0:06 left  5 src',
      '',
    ]);
    display.drop('film');
    shown(scene, moving('song', 500));
    expect(screen.rows().at(-2)).toMatch(/^in all \(2\) .* 65 %/);
    display.drop('text');
    shown(scene, moving('song', 600));
    expect(screen.rows()).toEqual([expect.stringMatching(/^song .* 60 %/), '']);
    display.drop('song');
    display.print('done');
    expect(screen.rows()[0]).toBe('done');
  });

  it('are not summed up with what is hashed here', () => {
    const scene = terminal();
    shown(scene, moving('film', 100));
    scene.show('hashing song', 50);
    expect(scene.screen.rows().join()).not.toContain('in all');
  });
});
