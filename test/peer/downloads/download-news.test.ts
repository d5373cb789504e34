import { join } from 'node:path';
import { expect, it } from 'vitest';
import { leftThere } from '#src/peer/downloads/download-news.js';

it('what could not be taken along from another disk is told, with its place and why', () => {
  const staging = join('/mnt/usb', '.p2p-partial', 'c');
  const error = { code: 'EACCES', message: 'EACCES: open /proc/self/fd/9' };
  const told = leftThere('film', { type: 'left-there', staging, error });
  expect(told).toMatchObject({ type: 'notice', code: 'left-there' });
  expect(told).toHaveProperty(
    'message',
    expect.stringMatching(/^What arrived of film in \/mnt\/usb stays there.*may not be written to/),
  );
});
