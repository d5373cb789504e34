import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EMPTY } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Settings } from '#config/load.js';
import { type GetOptions, oneshotGet } from '#src/cli/oneshot-get.js';
import { oneshotReceive, type ReceiveOptions } from '#src/cli/oneshot-receive.js';
import { oneshotSend, type SendOptions } from '#src/cli/oneshot-send.js';
import { P2pError } from '#src/domain/errors.js';
import type { Told } from '#src/peer/api.js';
import { DownloadError } from '#src/peer/downloads/download-error.js';
import type { ListRow, PeerRow } from '#src/peer/rows.js';
import { createFakePeer, OFFER, OTHER_ID, SHARE } from '#test/support/fake-peer.js';
import { newFolder } from '#test/support/folders.js';
import { place } from '#test/support/process-place.js';

const BEN: PeerRow = {
  peerId: OTHER_ID,
  name: 'ben',
  host: '127.0.0.1',
  port: 1,
  state: 'up',
  trust: 'known',
};

/** A place with a peer that is given with its settings as soon as it is started. */
function scene(env: Readonly<Record<string, string>> = {}, shares: readonly ListRow[] = []) {
  const root = newFolder();
  const peer = createFakePeer({ peers: [BEN], shares });
  const started: Settings[] = [];
  const at = place(async (settings) => {
    started.push(settings as Settings);
    return peer;
  });
  const streams = { ...at.streams, env };
  const data = join(root, 'data');
  const path = join(root, 'film.mkv');
  writeFileSync(path, 'film');
  const common = { flags: { data }, json: false, color: false };
  const send: SendOptions = {
    ...common,
    paths: [path],
    to: 'ben',
    exclude: [],
    nameAs: 'stdin',
    patienceMs: 60_000,
  };
  const receive: ReceiveOptions = {
    ...common,
    flags: { data, 'inbox.accept': 'ask' },
    once: true,
    from: undefined,
    to: undefined,
    patienceMs: undefined,
  };
  const get: GetOptions = {
    ...common,
    what: 'film.mkv',
    from: undefined,
    to: undefined,
    patienceMs: 1,
  };
  const called = (call: string) =>
    vi.waitFor(() => expect(peer.calls.some((one) => one.startsWith(call))).toBe(true));
  return { ...at, streams, root, peer, started, data, path, send, receive, get, called };
}

const row = (name: string): ListRow => ({ ...SHARE, name, have: 0, path: null, sources: 1 });

const RECEIVED = { type: 'offer-received', isTaken: false, ...OFFER } as const;

const COMPLETED = {
  type: 'offer-completed' as const,
  offerId: OFFER.offerId,
  from: OFFER.from,
  fromName: 'other',
  name: OFFER.name,
  id: OFFER.id,
  bytes: OFFER.bytes,
  files: 1,
  failed: 0,
  path: '/d/film.mkv',
};

const PROGRESS = {
  id: SHARE.id,
  have: 1,
  chunks: 96,
  bytes: SHARE.bytes,
  doneBytes: 1,
  bytesPerSecond: 1,
  etaMs: null,
  sources: 1,
};

const answered = (answer: 'accepted' | 'rejected'): Told => ({
  type: 'offer-answered',
  offered: 'film.mkv',
  offerId: OFFER.offerId,
  peerId: OTHER_ID,
  name: 'ben',
  answer,
});

afterEach(() => void vi.useRealTimers());

describe('the peer of a one-shot command', () => {
  it('shares and gives nothing, has a data folder of its own, and leaves the port to the other', async () => {
    const env = { P2P_PORT: '20000', P2P_LIMITS_UPLOAD_BYTES_PER_SECOND: '100000' };
    const { streams, send, data, started, signal, called } = scene(env);
    const ended = oneshotSend(send, streams);
    await called('send');
    signal('SIGINT');
    expect(await ended).toBe(130);
    expect(started).toMatchObject([
      {
        share: [],
        port: null,
        data: join(data, 'oneshot', 'send'),
        distribution: { enabled: false },
        sharing: { downloads: false },
        limits: { uploadBytesPerSecond: 100_000 },
      },
    ]);
  });

  it('takes the next data folder where another one is at it', async () => {
    const { streams, send, data } = scene();
    const tried: unknown[] = [];
    const busy = async (settings: unknown) => {
      tried.push((settings as Settings).data);
      throw new P2pError(tried.length < 3 ? 'data-in-use' : 'port-busy', 'taken');
    };
    expect(await oneshotSend(send, { ...streams, createPeer: busy })).toBe(69);
    expect(tried).toEqual(['send', 'send-2', 'send-3'].map((name) => join(data, 'oneshot', name)));
  });

  it('is not called as the peer of the machine, for which it could pass, but where others call it', async () => {
    const names: unknown[] = [];
    const { streams, send, receive, get } = scene({ P2P_NAME: 'larder' });
    const busy = async (settings: unknown) => {
      names.push((settings as Settings).name);
      throw new P2pError('port-busy', 'taken');
    };
    const at = { ...streams, createPeer: busy };
    await oneshotSend(send, at);
    await oneshotGet(get, at);
    await oneshotReceive(receive, at);
    await oneshotSend({ ...send, flags: { ...send.flags, name: 'cellar' } }, at);
    expect(names).toEqual(['larder-send', 'larder-get', 'larder', 'cellar']);
  });

  it('ends with its own code where it ends by itself', async () => {
    const { streams, send, peer, called } = scene();
    const ended = oneshotSend(send, streams);
    await called('send');
    peer.die(70);
    expect(await ended).toBe(70);
  });

  it('ends at once with a signal that came while it was starting', async () => {
    const { streams, send, signal, peer } = scene();
    const ended = oneshotSend({ ...send, to: 'nobody' }, streams);
    signal('SIGTERM');
    expect(await ended).toBe(143);
    expect(peer.calls.filter((call) => call.startsWith('send'))).toEqual([]);
  });
});

describe('send', () => {
  it('ends with 0 when the receipt is here', async () => {
    const { streams, send, peer, called, stdout } = scene();
    const ended = oneshotSend(send, streams);
    await called('send');
    peer.emit(answered('accepted'));
    const [row] = peer.sends();
    if (row === undefined) throw new Error('the peer has no send');
    peer.emit({ type: 'send-received', ...row, peerId: OTHER_ID, by: 'ben' });
    expect(await ended).toBe(0);
    expect(stdout.text()).toMatch(/^\+ ben .*\n.*takes film\.mkv\nben .* has all of film\.mkv/);
  });

  it('ends with 1 where it is not wanted, and takes back what is open', async () => {
    const { streams, send, peer, called, stderr } = scene();
    const ended = oneshotSend(send, streams);
    await called('send');
    peer.emit(answered('rejected'));
    expect(await ended).toBe(1);
    expect(stderr.text()).toBe('p2p: film.mkv was not sent: it is not wanted\n');
    expect(peer.calls).toContain(`cancel ${OFFER.offerId}`);
  });

  it('ends with 64 where a name means several, or input is to be two files', async () => {
    const { streams, send, stderr } = scene();
    const twins = createFakePeer({
      peers: [BEN, { ...BEN, peerId: OTHER_ID.replace('z', 'y') as PeerRow['peerId'] }],
    });
    const createPeer = async () => twins;
    expect(await oneshotSend(send, { ...streams, createPeer })).toBe(64);
    expect(stderr.text()).toMatch(/ben means 2 peers/);
    expect(await oneshotSend({ ...send, paths: ['-', '-'] }, streams)).toBe(64);
    expect(await oneshotSend({ ...send, nameAs: '../x' }, streams)).toBe(64);
  });
});

describe('receive', () => {
  it('asks, takes what is wanted, and ends with 0 once the receipt is noted', async () => {
    const { streams, receive, peer, stdin, stdout, called } = scene();
    const ended = oneshotReceive(receive, streams);
    await vi.waitFor(() => expect(stdout.text()).toMatch(/^Waiting for what others send/));
    peer.emit(RECEIVED);
    await vi.waitFor(() => expect(stdout.text()).toMatch(/Take it\? \(y\/n\)\n$/));
    stdin.write('y\n');
    await called('accept 3');
    peer.emit(COMPLETED);
    const { offerId, from, fromName, name } = COMPLETED;
    peer.emit({ type: 'receipt-noted', offerId, from, fromName, name });
    expect(await ended).toBe(0);
  });

  it('has its peer take one offer and no more, unless it is to take all', async () => {
    for (const once of [true, false]) {
      const { streams, receive, started, stdout, signal } = scene();
      const ended = oneshotReceive({ ...receive, once }, streams);
      await vi.waitFor(() => expect(stdout.text()).toMatch(/^Waiting/));
      signal('SIGINT');
      expect(await ended).toBe(130);
      expect(started).toMatchObject([{ inbox: { once } }]);
    }
  });

  it('ends with 1 where input has ended and nobody can say yes', async () => {
    const { streams, receive, peer, stdin, stdout, stderr } = scene();
    const ended = oneshotReceive(receive, streams);
    await vi.waitFor(() => expect(stdout.text()).toMatch(/^Waiting/));
    stdin.end();
    peer.emit(RECEIVED);
    expect(await ended).toBe(1);
    expect(peer.calls).toContain('reject 3');
    expect(stderr.text()).toMatch(/^p2p: input has ended, [^\n]+\n$/);
  });

  it('with --from asks about nothing of others, and turns down what they send to it alone', async () => {
    const { streams, receive, peer, stdin, stdout, started, called } = scene();
    const ended = oneshotReceive({ ...receive, from: 'anna' }, streams);
    await vi.waitFor(() => expect(stdout.text()).toMatch(/^Waiting/));
    expect(started[0]?.inbox.from).toBe('anna');
    peer.emit({ ...RECEIVED, number: 1, private: false });
    peer.emit({ ...RECEIVED, number: 2, private: true });
    peer.emit({ ...RECEIVED, number: 4, fromName: 'anna' });
    await called('reject 2');
    await vi.waitFor(() => expect(stdout.text()).toMatch(/anna .*Take it\? \(y\/n\)\n$/));
    stdin.write('y\n');
    await called('accept 4');
    expect(peer.calls.filter((call) => call.startsWith('reject'))).toEqual(['reject 2']);
    // What others sent before, and goes on now, is not what is waited for.
    peer.emit(COMPLETED);
    peer.emit({ ...COMPLETED, fromName: 'anna' });
    const { offerId, from, name } = COMPLETED;
    peer.emit({ type: 'receipt-noted', offerId, from, fromName: 'anna', name });
    expect(await ended).toBe(0);
  });

  it.each(['anna', OFFER.from.slice(0, 8)])(
    'with --from takes nothing unasked by what could be anybody (%s)',
    async (from) => {
      const { streams, receive, data, stderr } = scene();
      const flags = { data, 'inbox.accept': 'all' };
      expect(await oneshotReceive({ ...receive, flags, from }, streams)).toBe(64);
      expect(stderr.text()).toMatch(/^p2p: --from \w+ may be anybody: [^\n]+80 bits[^\n]+\n$/);
    },
  );

  it('turns down what nobody can be asked about, and waits on', async () => {
    const { streams, receive, peer, data, stdout, called, signal } = scene();
    const flags = { data, 'inbox.accept': 'trusted' };
    const ended = oneshotReceive({ ...receive, flags }, streams);
    await vi.waitFor(() => expect(stdout.text()).toMatch(/^Waiting/));
    peer.emit(RECEIVED);
    await called('reject 3');
    signal('SIGINT');
    expect(await ended).toBe(130);
  });

  it('ends with 1 where what it took failed', async () => {
    const { streams, receive, peer, stdout } = scene();
    const ended = oneshotReceive(receive, streams);
    await vi.waitFor(() => expect(stdout.text()).toMatch(/^Waiting/));
    peer.emit({ type: 'offer-accepted', ...OFFER });
    peer.emit({ type: 'download-failed', name: 'film.mkv', code: 'disk-full', message: 'full' });
    expect(await ended).toBe(1);
  });

  it('with --once goes on to the next offer where what it took is taken back', async () => {
    const { streams, receive, peer, stdin, stdout, called, signal } = scene();
    const ended = oneshotReceive(receive, streams);
    await vi.waitFor(() => expect(stdout.text()).toMatch(/^Waiting/));
    peer.emit({ type: 'offer-accepted', ...OFFER });
    peer.emit({ ...RECEIVED, offerId: 'f'.repeat(32) as typeof OFFER.offerId, number: 5 });
    expect(stdout.text()).not.toMatch(/Take it/);
    const why = { code: 'withdrawn', message: 'it was taken back' } as const;
    peer.emit({ type: 'download-failed', name: 'film.mkv', ...why });
    await vi.waitFor(() => expect(stdout.text()).toMatch(/next offer\n.*Take it\? \(y\/n\)\n$/));
    stdin.write('y\n');
    await called('accept 5');
    signal('SIGINT');
    expect(await ended).toBe(130);
  });

  it('with --once asks about others while the sender of what it took is away', async () => {
    const { streams, receive, peer, stdout, signal } = scene();
    const ended = oneshotReceive(receive, streams);
    await vi.waitFor(() => expect(stdout.text()).toMatch(/^Waiting/));
    peer.emit({ type: 'offer-accepted', ...OFFER });
    peer.emit({ ...RECEIVED, offerId: 'f'.repeat(32) as typeof OFFER.offerId, number: 5 });
    peer.emit({ type: 'peer-down', peerId: OFFER.from, reason: 'lost' });
    await vi.waitFor(() => expect(stdout.text()).toMatch(/Take it\? \(y\/n\)\n$/));
    signal('SIGINT');
    await ended;
  });

  it('with --once ends with 0 where it was all here, and its sender lacked the receipt', async () => {
    const { streams, receive, peer, stdout } = scene();
    const ended = oneshotReceive(receive, streams);
    await vi.waitFor(() => expect(stdout.text()).toMatch(/^Waiting/));
    const { offerId, from, fromName, name } = COMPLETED;
    peer.emit({ type: 'receipt-noted', offerId, from, fromName, name });
    expect(await ended).toBe(0);
    expect(stdout.text()).toMatch(/film\.mkv of other is here since an earlier run/);
  });

  it('ends with 64 where there is no terminal and nothing says what is taken', async () => {
    const { streams, receive, data, started } = scene();
    expect(await oneshotReceive({ ...receive, flags: { data } }, streams)).toBe(64);
    expect(started).toEqual([]);
  });

  it('ends with 69 where nobody has sent anything in time', async () => {
    const { streams, receive, stderr } = scene();
    expect(await oneshotReceive({ ...receive, patienceMs: 20 }, streams)).toBe(69);
    expect(stderr.text()).toMatch(/^p2p: nothing came within 0\.02 s: [^\n]+--timeout\n$/);
  });

  it('counts no time while something is on its way, and anew from what has moved last', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { streams, receive, peer, stdout, stderr } = scene();
    const ended = oneshotReceive({ ...receive, patienceMs: 60_000 }, streams);
    await vi.waitFor(() => expect(stdout.text()).toMatch(/^Waiting/));
    peer.emit({ type: 'offer-accepted', ...OFFER });
    await vi.advanceTimersByTimeAsync(120_000);
    peer.emit({ type: 'peer-down', peerId: OFFER.from, reason: 'lost' });
    await vi.advanceTimersByTimeAsync(59_000);
    peer.emit({ type: 'download-progress', ...PROGRESS });
    await vi.advanceTimersByTimeAsync(59_000);
    expect(stderr.text()).toBe('');
    await vi.advanceTimersByTimeAsync(1000);
    expect(await ended).toBe(69);
  });

  it('puts it where it is told to', async () => {
    const { streams, receive, root, started, stdout, signal } = scene();
    mkdirSync(join(root, 'drop'));
    const ended = oneshotReceive({ ...receive, to: join(root, 'drop') }, streams);
    await vi.waitFor(() => expect(stdout.text()).toMatch(/^Waiting/));
    signal('SIGINT');
    await ended;
    expect(started[0]?.inbox.folder).toBe(join(root, 'drop'));
  });
});

describe('get', () => {
  it('ends with 0 when it is there', async () => {
    const { streams, get, peer, called } = scene();
    const ended = oneshotGet(get, streams);
    await called('download film.mkv');
    peer.finish('completed');
    expect(await ended).toBe(0);
  });

  it('says of whom it came by their names, though nobody was told that they came', async () => {
    const { streams, get, peer, stdout, called } = scene();
    const ended = oneshotGet(get, streams);
    await called('download film.mkv');
    peer.emit({ type: 'peer-up', ...BEN });
    const sources = [{ peerId: OTHER_ID, chunks: 94, transport: 'tcp' }] as const;
    const took = { fetchedBytes: SHARE.bytes, ms: 1000, sources, path: '/d/film.mkv' };
    peer.emit({ type: 'download-completed', ...SHARE, ...took });
    peer.finish('completed');
    expect(await ended).toBe(0);
    expect(stdout.text()).toContain('chunks: 94 from ben\n');
    expect(stdout.text()).not.toContain('+ ben');
  });

  it('ends with 130 where it is stopped', async () => {
    const { streams, get, called, signal } = scene();
    const ended = oneshotGet(get, streams);
    await called('download film.mkv');
    signal('SIGINT');
    expect(await ended).toBe(130);
  });

  it('says how to get each of several contents of one name, and ends with 1', async () => {
    const { streams, get, peer, stderr } = scene();
    const candidates = [{ ...SHARE, peers: [OTHER_ID] }];
    const trouble = { code: 'ambiguous', message: 'it means several', candidates } as const;
    const refused = () =>
      Object.assign(Promise.reject(new DownloadError(trouble)), { progress: EMPTY });
    const createPeer = async () => ({ ...peer, download: refused });
    expect(await oneshotGet(get, { ...streams, createPeer })).toBe(1);
    expect(stderr.text()).toBe(
      'p2p: film.mkv was not fetched: it means several\n  p2p get 01234567   film.mkv, 96.0 MiB, at 1 peer\n',
    );
  });

  it.each([
    [
      { what: 'film.mvk' },
      'film.mvk was not fetched: 1 peer was met and has no such share; there is film.mkv, a',
    ],
    [{ from: 'ben' }, 'film.mkv was not fetched: ben does not share it; there is film.mkv, a'],
    [{ from: 'anna' }, 'film.mkv was not fetched: no peer called anna was met, but ben'],
  ])(
    'says of what is not found what there is, as nobody can list it then (%j)',
    async (wanted, said) => {
      const shares = ['a', 'film.mkv'].map((name) => row(name));
      const { streams, get, peer, stderr } = scene({}, shares);
      const trouble = { code: 'not-found', message: 'nobody here: `list` shows' } as const;
      const refused = () =>
        Object.assign(Promise.reject(new DownloadError(trouble)), { progress: EMPTY });
      const createPeer = async () => ({ ...peer, download: refused });
      expect(
        await oneshotGet({ ...get, ...wanted, patienceMs: 0 }, { ...streams, createPeer }),
      ).toBe(1);
      expect(stderr.text()).toBe(`p2p: ${said}\n`);
    },
  );
});
