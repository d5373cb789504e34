import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { Of } from '#src/domain/peers/peer-table-state.js';
import { Adding } from '#src/peer/network/adding.js';

const peerId = `${'a'.repeat(51)}q` as PeerId;

function scene() {
  const asked: Of<'add'>[] = [];
  return { asked, adding: new Adding((event) => void asked.push(event)) };
}

describe('adding a peer by its address', () => {
  it('asks for it, and answers each who waits when its own answer comes', async () => {
    const { adding, asked } = scene();
    const first = adding.add('127.0.0.1:4000');
    const second = adding.add('127.0.0.1:4001');
    expect(asked).toMatchObject([{ host: '127.0.0.1', port: 4000 }, { port: 4001 }]);
    const [one, other] = asked;
    adding.answer({ type: 'answer-add', ref: other?.ref ?? '', code: 'refused' });
    adding.answer({ type: 'answer-add', ref: one?.ref ?? '', peerId });
    await expect(second).rejects.toMatchObject({
      code: 'unreachable',
      message: '127.0.0.1:4001: it refuses us',
    });
    expect(await first).toBe(peerId);
  });

  it('says what to do where it reached a peer that is blocked here', async () => {
    const { adding, asked } = scene();
    const added = adding.add('127.0.0.1:4000');
    adding.answer({ type: 'answer-add', ref: asked[0]?.ref ?? '', code: 'blocked' });
    await expect(added).rejects.toMatchObject({
      code: 'unreachable',
      message: '127.0.0.1:4000: it is blocked here: `unblock` it first',
    });
  });

  it('refuses what is no address, and asks nobody', async () => {
    const { adding, asked } = scene();
    await expect(adding.add('kitchen')).rejects.toMatchObject({ code: 'usage' });
    expect(asked).toEqual([]);
  });

  it('leaves nobody waiting once the own peer is closed, and takes nobody on', async () => {
    const { adding } = scene();
    const waiting = adding.add('127.0.0.1:4000');
    adding.close();
    await expect(waiting).rejects.toMatchObject({ code: 'closed' });
    await expect(adding.add('127.0.0.1:4000')).rejects.toMatchObject({ code: 'closed' });
  });
});
