import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { NamedPeer } from '#src/peer/network/naming.js';
import type { Receive } from '#src/peer/sends/receive-book.js';
import { ReceiveLinks } from '#src/peer/sends/receive-links.js';
import { WayBack } from '#src/peer/sends/way-back.js';
import { OTHER_ID } from '#test/support/fake-peer.js';

const TOLD = { port: 27_450, hosts: ['192.168.1.7', '192.168.1.8'] };

function scene({ known, isBlocked = false }: { known?: NamedPeer; isBlocked?: boolean } = {}) {
  const dialled: string[] = [];
  const way = new WayBack({
    reaching: {
      reach: async ({ host, port }) => {
        dialled.push(`${host}:${port}`);
        return () => undefined;
      },
    },
    known: () => known,
    isBlocked: () => isBlocked,
    linkedHosts: () => ['192.168.1.2'],
  });
  return { way, dialled };
}

const peerId: PeerId = OTHER_ID;

describe('the way to a sender', () => {
  it('is where he is known to be, whatever he says', async () => {
    const known = { peerId, name: 'anna', host: '192.168.1.9', port: 1 };
    const { way, dialled } = scene({ known });
    await way.reach(peerId, 'anna', TOLD);
    expect(dialled).toEqual(['192.168.1.9:1']);
  });

  it('is where he says he is, where he is not known', async () => {
    const { way, dialled } = scene();
    expect(await way.reach(peerId, 'anna', TOLD)).toBeTypeOf('function');
    expect(dialled).toEqual(['192.168.1.7:27450']);
  });

  it.each([
    ['he says nothing', undefined, false],
    ['he is blocked', TOLD, true],
    [
      'he points to this machine, and others are elsewhere',
      { port: 27_450, hosts: ['127.0.0.1'] },
      false,
    ],
    ['he points to a service of the system', { port: 22, hosts: ['192.168.1.7'] }, false],
  ])('is none where %s', async (_, told, isBlocked) => {
    const { way, dialled } = scene({ isBlocked });
    expect(await way.reach(peerId, 'anna', told)).toBeUndefined();
    expect(dialled).toEqual([]);
  });

  it('is dialled a few times, however many offers point there', async () => {
    const { way, dialled } = scene();
    for (let times = 0; times < 100; times += 1) await way.reach(peerId, 'anna', TOLD);
    expect(dialled.length).toBeLessThan(10);
  });
});

describe('a link for what was asked for again', () => {
  /** A folder that came here but for some files, from somebody who is known. */
  function asked() {
    const release = vi.fn();
    const known = { peerId, name: 'anna', host: '192.168.1.9', port: 1 };
    const parts = {
      reaching: { reach: async () => release },
      known: () => known,
      isBlocked: () => false,
      linkedHosts: () => [],
      tell: () => undefined,
    };
    const links = new ReceiveLinks(parts, { again: () => undefined });
    const record = { from: peerId, fromName: 'anna', name: 'folder', failedCount: 1 };
    return { links, receive: { record } as unknown as Receive, release };
  }

  it('is given up where its sender can give none of it', async () => {
    const { links, receive, release } = asked();
    await links.ask(receive);
    expect(release).not.toHaveBeenCalled();
    links.refused(receive);
    expect(release).toHaveBeenCalled();
  });

  it('is not kept for ever where he does not answer', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { links, receive, release } = asked();
    await links.ask(receive);
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(release).toHaveBeenCalledTimes(1);
  });
});
