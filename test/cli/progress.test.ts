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
  const display = createProgress(Object.assign(stream, { isTTY: true, columns: 80 }), true);
  const show = (key: string, doneBytes: number): void => {
    display.show({ key, label: key, doneBytes, bytes: 100 });
    vi.advanceTimersByTime(FRAME_MS);
  };
  return { screen, display, show };
}

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
