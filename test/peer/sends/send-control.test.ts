/** What users do with what they send. */
import { describe, expect, it, vi } from 'vitest';
import { P2pError } from '#src/domain/errors.js';
import { OTHER_ID } from '#test/support/fake-peer.js';
import { newFolder } from '#test/support/folders.js';
import { CONTENT, LISTED, OTHER, sendsOf } from '#test/support/played-sends.js';

describe('a send that is paused', () => {
  async function accepted(folder = newFolder()) {
    const scene = await sendsOf(folder);
    const { offerId } = await scene.sends.send('/film', undefined);
    await vi.waitFor(() => expect(scene.held).toContain(CONTENT.id));
    scene.sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    return { ...scene, offerId };
  }

  it('is given to nobody, whoever accepted is told, and again when it goes on', async () => {
    const { sends, held, told } = await accepted();
    const rows = await sends.control.turnAll(true);
    expect(rows.map(({ state }) => state)).toEqual(['paused', 'paused']);
    expect([...held]).toEqual([]);
    expect(told(OTHER_ID).at(-1)).toBe('send-pause');
    const before = told(OTHER_ID).length;
    await sends.control.turnAll(true);
    expect(told(OTHER_ID)).toHaveLength(before);
    await sends.control.turnAll(false);
    expect(held).toContain(CONTENT.id);
    expect(told(OTHER_ID).slice(before)).toEqual(['send-pause']);
  });

  it('is not even looked at after a start, and who asks again is told so, until it goes on', async () => {
    const folder = newFolder();
    const first = await accepted(folder);
    await first.sends.control.turnAll(true);
    await first.end();
    const { sends, held, told } = await sendsOf(folder);
    await sends.read();
    sends.begin();
    expect(sends.transfers).toMatchObject([
      { state: 'paused', taken: 1 },
      { state: 'paused', peerId: OTHER_ID },
    ]);
    sends.answers.hearAnswer(OTHER_ID, { offerId: first.offerId, answer: 'accepted' });
    expect(told(OTHER_ID)).toEqual(['send-sealed', 'send-pause']);
    expect([...held]).toEqual([]);
    const [send] = sends.transfers;
    const found = sends.control.called(send?.transferId ?? '');
    if (found === undefined) throw new Error('it is called by its id');
    await sends.control.resume(found);
    await vi.waitFor(() => expect(held).toContain(CONTENT.id));
    expect(told(OTHER_ID).at(-1)).toBe('send-pause');
  });

  it('is all that goes on with `--all`: nothing else is said to', async () => {
    const { sends } = await accepted();
    const { offerId } = await sends.send('/song', undefined);
    const song = sends.control.called(offerId);
    if (song === undefined) throw new Error('it is called by its id');
    await sends.control.pause(song);
    const names = (await sends.control.turnAll(false)).map(({ name }) => name);
    expect(names).toEqual(['song']);
    expect(await sends.control.turnAll(false)).toEqual([]);
    expect(await sends.control.turnAll(true)).toHaveLength(3);
  });

  it('says by which ids those are told apart that are called the same', async () => {
    const { sends } = await accepted();
    await sends.send('/film', undefined);
    expect(() => sends.control.called('film')).toThrow('film means 2 offers');
    expect(sends.control.called('song')).toBeUndefined();
  });
});

describe('a send that its user prefers', () => {
  async function preferred(folder = newFolder()) {
    const scene = await sendsOf(folder);
    const { offerId } = await scene.sends.send('/film', undefined);
    const send = scene.sends.control.called(offerId);
    if (send === undefined) throw new Error('it is called by its id');
    const row = await scene.sends.control.prefer(send, 'high');
    return { ...scene, send, row };
  }

  const BOTH = [LISTED.draft, CONTENT.id].map((id) => ({ id, priority: 'high' }));

  it('is shown so, and leaves before the rest by its draft and by its content, after a restart too', async () => {
    const folder = newFolder();
    const first = await preferred(folder);
    expect(first.row).toMatchObject({ name: 'film', state: 'offered', priority: 'high' });
    expect(first.served).toEqual([{ type: 'prefer', preferred: BOTH }]);
    await first.end();
    const { sends } = await sendsOf(folder);
    expect(sends.control.preferred).toEqual([]);
    await sends.read();
    expect(sends.control.preferred).toEqual(BOTH);
    expect(sends.transfers).toMatchObject([{ priority: 'high' }]);
  });

  it('leaves as what it came to be since, and as all else once it is over', async () => {
    const { sends, send, served } = await preferred();
    sends.stale(CONTENT.id);
    await vi.waitFor(() => expect(send.record.id).not.toBe(CONTENT.id));
    const now = [LISTED.draft, send.record.id].map((id) => ({ id, priority: 'high' }));
    expect(served.at(-1)).toEqual({ type: 'prefer', preferred: now });
    await sends.control.cancel(send);
    expect(served.at(-1)).toEqual({ type: 'prefer', preferred: [] });
  });
});

describe('a send that could not be sent any more', () => {
  /** Gone at each look from the second on, until it is put back. */
  async function failed() {
    const disk = { isThere: true };
    const scene = await sendsOf(newFolder(), () => {
      if (disk.isThere) return CONTENT;
      throw new P2pError('not-found', 'there is no /film');
    });
    scene.linked.add(OTHER_ID);
    const { offerId } = await scene.sends.send('/film', { ...OTHER, peerId: OTHER_ID });
    scene.sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    disk.isThere = false;
    scene.sends.stale(CONTENT.id);
    await vi.waitFor(() => expect(scene.sends.transfers).toMatchObject([{ state: 'failed' }]));
    return { ...scene, disk, offerId };
  }

  it('is offered anew by `resume` once it is there, to whom it was, who need not say yes again', async () => {
    const { sends, disk, told, held, offerId } = await failed();
    await expect(sends.control.again('film')).rejects.toThrow('there is no /film');
    expect(sends.transfers).toMatchObject([{ state: 'failed', why: { code: 'changed' } }]);
    disk.isThere = true;
    const before = told(OTHER_ID).length;
    expect(await sends.control.again('film')).toMatchObject([{ state: 'waiting' }]);
    expect(sends.transfers[0]).not.toHaveProperty('why');
    expect(told(OTHER_ID).slice(before)).toEqual(['send-offer']);
    await vi.waitFor(() => expect(held).toContain(CONTENT.id));
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    expect(told(OTHER_ID).at(-1)).toBe('send-sealed');
    expect(sends.control.called('film')).toBeDefined();
    expect(await sends.control.again('film')).toBeUndefined();
  });

  it('says how it is sent anew where nothing of it is left to send', async () => {
    const { sends } = await sendsOf();
    const hint = async (path: string, to?: string) => {
      await sends.send(
        path,
        to === undefined ? undefined : { ...OTHER, name: to, peerId: OTHER_ID },
      );
      const send = sends.control.called(path.slice(1));
      if (send === undefined) throw new Error('it is open');
      await sends.control.cancel(send);
      try {
        sends.control.refuseOver(path.slice(1));
      } catch (error) {
        return (error as Error).message.replace(/^[^`]*/, '');
      }
      throw new Error('it is over');
    };
    expect(await hint('/film', 'ben')).toBe('`send /film --to ben` offers it anew');
    expect(await hint('/my film', 'x` or')).toBe(
      `\`send "/my film" --to ${OTHER_ID.slice(0, 8)}\` offers it anew`,
    );
    expect(await hint('/song')).toBe('`send /song --all` offers it anew');
    expect(() => sends.control.refuseOver('unknown')).not.toThrow();
  });
});
