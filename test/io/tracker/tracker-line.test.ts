import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openTrackerLine } from '#src/io/tracker/tracker-line.js';
import { newIdentity, placeOf } from '#test/support/identities.js';
import { HOST } from '#test/support/places.js';

/** Something that listens and is no tracker. */
async function listening(greet: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    greet(socket);
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function refusal(port: number): Promise<unknown> {
  const times = { pingMs: 1000, deadAfterMs: 3000, timeoutMs: 300 };
  const options = { ...placeOf(await newIdentity()), ...times, known: undefined };
  const tracker = { host: HOST, port, peerId: undefined };
  return openTrackerLine(tracker, options).catch((error: unknown) => error);
}

describe('what goes wrong on the way to a tracker', () => {
  it.each([
    ['hangs up', 'unreachable', (socket: Socket) => void socket.destroy()],
    ['says nothing', 'timed-out', () => undefined],
    [
      'speaks something else',
      'unreachable',
      (socket: Socket) => void socket.write('HTTP/1.1 400\r\n'),
    ],
  ])('names the tracker and its address where what is there %s', async (_, code, greet) => {
    const port = await listening(greet);
    const error = await refusal(port);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).toMatch(new RegExp(`^the tracker ${HOST}:${port}[ :]`));
  });
});
