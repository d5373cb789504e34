/** A peer that does what a test says: the facade without threads, sockets or files. */
import { Subject } from 'rxjs';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Profile } from '#src/domain/peers/profile.js';
import type { TrustState } from '#src/domain/peers/trust.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type {
  Download,
  DownloadEvent,
  DownloadOptions,
  DownloadResult,
  Peer,
  Told,
} from '#src/peer/api.js';
import type { LinkRow, ListRow, OfferRow, PeerRow, SendRow, Share } from '#src/peer/rows.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';

export const PEER_ID = 'abcdefgh'.repeat(6).concat('abca') as PeerId;
export const OTHER_ID = 'zyxwvuts'.repeat(6).concat('zyxa') as PeerId;
const CONTENT_ID = '0123456789abcdef'.repeat(4) as ContentId;

export const SHARE: Share = { name: 'film.mkv', id: CONTENT_ID, bytes: 100_663_296, chunks: 96 };

export const OFFER: OfferRow = {
  number: 3,
  offerId: '0123456789abcdef'.repeat(2) as OfferId,
  from: OTHER_ID,
  fromName: 'other',
  name: SHARE.name,
  kind: 'file',
  id: CONTENT_ID,
  bytes: SHARE.bytes,
  files: 1,
  sentAt: 0,
  private: true,
};

export const SEND: SendRow = {
  offerId: OFFER.offerId,
  name: SHARE.name,
  path: '/d/film.mkv',
  id: CONTENT_ID,
  bytes: SHARE.bytes,
  files: 1,
  failed: 0,
  at: 0,
  to: OTHER_ID,
  isOpen: true,
  recipients: [],
};

const OTHER: PeerRow = {
  peerId: OTHER_ID,
  name: 'other',
  host: '127.0.0.1',
  port: 27_460,
  state: 'up',
  trust: 'known',
};

const LINK: LinkRow = {
  peerId: OTHER_ID,
  name: 'other',
  host: '127.0.0.1',
  port: 27_460,
  direction: 'dialled',
  neighbour: true,
  sinceMs: 61_000,
  rttMs: 0.734,
  bytesIn: 2048,
  bytesOut: 1024,
};

export const TRANSFER: TransferRow = {
  transferId: '01234567',
  direction: 'down',
  state: 'paused',
  name: SHARE.name,
  id: SHARE.id,
  bytes: 50_331_648,
  totalBytes: SHARE.bytes,
  bytesPerSecond: 0,
  etaMs: null,
  sources: 0,
  priority: 'normal',
  files: 1,
  filesDone: 0,
  failed: 0,
};

const NO_LIMITS = { upload: null, download: null, peer: null, background: null };

/** Sharing it takes until the peer is closed. */
const ENDLESS = 'endless';

export type FakePeer = Peer & {
  /** Says an event as the real one would. */
  emit(event: Told): void;
  /** Every call that was made, as `name argument`. */
  readonly calls: readonly string[];
  /** Ends the oldest running download. */
  finish(result: 'completed' | 'failed'): void;
  /** Lets the peer end by itself with this code. */
  die(code: number): void;
};

type Behaviour = {
  readonly shares?: readonly ListRow[];
  readonly peers?: readonly PeerRow[];
  readonly offers?: readonly OfferRow[];
  /** What is said of a peer changes nothing, and no event tells it. */
  readonly isTrustSilent?: boolean;
  /** What `share` and `add` reject with. */
  readonly refusal?: Error;
};

type Result = 'completed' | 'failed' | 'cancelled';

type Running = { readonly name: string; readonly end: (result: Result) => void };

export function createFakePeer(behaviour: Behaviour = {}): FakePeer {
  const events = new Subject<Told>();
  const calls: string[] = [];
  const running: Running[] = [];
  const ended = deferred<number>();
  const waiting: (() => void)[] = [];
  const held: ((error: Error) => void)[] = [];
  let failures = 0;

  function close(code: number): Promise<number> {
    for (const { end } of running.splice(0)) end('cancelled');
    for (const refuse of held.splice(0)) refuse(new P2pError('closed', 'the peer was closed'));
    events.next({ type: 'bye', exitCode: code });
    events.complete();
    ended.resolve(code);
    return ended.promise;
  }

  async function put(command: string, word: string, state: TrustState): Promise<PeerRow> {
    calls.push(`${command} ${word}`);
    if (behaviour.refusal !== undefined) throw behaviour.refusal;
    if (behaviour.isTrustSilent === true) return { ...OTHER, trust: state };
    events.next({ type: 'trust-changed', peerId: OTHER_ID, name: OTHER.name, state });
    return { ...OTHER, trust: state };
  }

  function download(name: string, options: DownloadOptions = {}): Download {
    calls.push(`download ${name} ${JSON.stringify(options)}`);
    const progress = new Subject<DownloadEvent>();
    const { promise, resolve, reject } = deferred<DownloadResult>();
    const ref = options.ref === undefined ? {} : { ref: options.ref };
    running.push({
      name,
      end(result) {
        progress.complete();
        if (result === 'completed') {
          const type = 'download-completed' as const;
          const done = {
            ...SHARE,
            fetchedBytes: SHARE.bytes,
            type,
            path: `/d/${name}`,
            ms: 1200,
            sources: [],
            ...ref,
          };
          events.next(done);
          resolve(done);
        } else {
          failures += 1;
          const message = 'nobody has it';
          const code = result === 'failed' ? 'not-found' : result;
          events.next({ type: 'download-failed', name, code, message, ...ref });
          reject(Object.assign(new Error(message), { code }));
        }
        if (running.length === 0) for (const wake of waiting.splice(0)) wake();
      },
    });
    return Object.assign(promise, { progress: progress.asObservable() });
  }
  async function control(call: string): Promise<readonly TransferRow[]> {
    calls.push(call);
    if (behaviour.refusal !== undefined) throw behaviour.refusal;
    return [TRANSFER];
  }

  async function changed(call: string, profile: Profile): Promise<Profile> {
    calls.push(call);
    events.next({ type: 'peer-changed', peerId: PEER_ID, ...profile });
    return profile;
  }
  return {
    peerId: PEER_ID,
    name: 'fake',
    host: '127.0.0.1',
    ports: { mesh: 1, transfer: 2, distributor: 3, receiver: 4, discovery: 5 },
    private: false,
    events: events.asObservable(),
    closed: ended.promise,
    calls,
    emit: (event) => events.next(event),
    die: (code) => void close(code),
    finish: (result) => running.shift()?.end(result),
    on: () => () => {},
    async list(filter) {
      calls.push(`list ${filter ?? ''}`);
      return behaviour.shares ?? [];
    },
    download,
    async transfers(transfer) {
      calls.push(transfer === undefined ? 'transfers' : `transfers ${transfer}`);
      return [TRANSFER];
    },
    limit(kind, rate) {
      calls.push(`limit ${kind} ${String(rate)}`);
      return NO_LIMITS;
    },
    pause: (which) => control(`pause ${JSON.stringify(which)}`),
    resume: (which) => control(`resume ${JSON.stringify(which)}`),
    async cancel(name) {
      const [row] = await control(`cancel ${name}`);
      return { ...TRANSFER, ...row, state: 'cancelled' };
    },
    async prioritize(name, priority) {
      await control(`prioritize ${name} ${priority}`);
      return { ...TRANSFER, priority };
    },
    async share(path) {
      calls.push(`share ${path}`);
      if (behaviour.refusal !== undefined) throw behaviour.refusal;
      if (path.endsWith(ENDLESS)) await new Promise((_, reject) => held.push(reject));
      return SHARE;
    },
    async unshare(name) {
      calls.push(`unshare ${name}`);
      if (name !== SHARE.name) throw new P2pError('not-found', `nothing is shared as ${name}`);
      events.next({ type: 'share-removed', ...SHARE });
      return SHARE;
    },
    async send(path, options) {
      calls.push(`send ${String(path)} ${JSON.stringify(options)}`);
      if (behaviour.refusal !== undefined) throw behaviour.refusal;
      return SEND;
    },
    sends: () => [SEND],
    offers: () => behaviour.offers ?? [],
    async accept(offer, options) {
      calls.push(`accept ${offer} ${JSON.stringify(options)}`);
      events.next({ type: 'offer-accepted', ...OFFER, ...options });
      return OFFER;
    },
    async reject(offer) {
      calls.push(`reject ${offer}`);
      return OFFER;
    },
    peers(options) {
      calls.push(`peers ${JSON.stringify(options)}`);
      return behaviour.peers ?? [];
    },
    async add(address) {
      calls.push(`add ${address}`);
      if (behaviour.refusal !== undefined) throw behaviour.refusal;
      return OTHER;
    },
    trust: (word) => put('trust', word, 'trusted'),
    block: (word) => put('block', word, 'blocked'),
    unblock: (word) => put('unblock', word, 'unknown'),
    forget: (word) => put('forget', word, 'unknown'),
    async say(text) {
      calls.push(`say ${text}`);
      if (behaviour.refusal !== undefined) throw behaviour.refusal;
      const message = { id: 'm1', from: PEER_ID, name: 'fake', text, sentAt: 0, private: false };
      events.next({ type: 'message', ...message });
      return message;
    },
    async stopNetwork() {
      calls.push('stop-network');
      if (behaviour.refusal !== undefined) throw behaviour.refusal;
      return close(0);
    },
    async tell(peer, text, { whenBack = false, ref } = {}) {
      calls.push(`tell ${peer}${whenBack ? ' when back' : ''}: ${text}`);
      if (behaviour.refusal !== undefined) throw behaviour.refusal;
      const about = { id: 'm2', to: PEER_ID, ...(ref === undefined ? {} : { ref }) };
      const type = whenBack ? 'message-waiting' : 'message-delivered';
      events.next({ type, ...about, name: peer });
      const state = whenBack ? 'waiting' : 'delivered';
      const said = { id: 'm2', from: PEER_ID, name: 'fake', text, sentAt: 0 };
      return { ...said, to: PEER_ID, private: true, state };
    },
    async untell(id, { ref } = {}) {
      calls.push(`untell ${id}`);
      if (behaviour.refusal !== undefined) throw behaviour.refusal;
      const about = { id, to: PEER_ID, name: 'other', ...(ref === undefined ? {} : { ref }) };
      const message = 'it was taken back';
      events.next({ type: 'message-failed', ...about, code: 'cancelled', message });
      const said = { id, from: PEER_ID, name: 'fake', text: '', sentAt: 0, to: PEER_ID };
      return { ...said, private: true, state: 'failed' };
    },
    async verify(word) {
      calls.push(`verify ${word}`);
      if (behaviour.refusal !== undefined) throw behaviour.refusal;
      const words = ['acorn', 'alarm', 'album', 'amber'];
      events.next({ type: 'verify', peerId: PEER_ID, name: word, words, asked: true });
      return { peerId: PEER_ID, name: word, words };
    },
    rename: (name) => changed(`rename ${name}`, { name, status: '' }),
    recolour: (colour) => changed(`recolour ${colour}`, { name: 'fake', status: '' }),
    away: (why) => changed(`away ${why ?? ''}`, { name: 'fake', status: 'away' }),
    back: () => changed('back', { name: 'fake', status: '' }),
    messages(wanted) {
      calls.push(`messages ${JSON.stringify(wanted ?? '')}`);
      return [];
    },
    async find(word) {
      calls.push(`find ${word}`);
      const source = { peerId: OTHER_ID, name: 'other', have: 96, linked: false };
      return word === SHARE.name ? [{ ...SHARE, have: 0, path: null, sources: [source] }] : [];
    },
    async topology(options = {}) {
      calls.push(`topology ${JSON.stringify(options)}`);
      const node = { peerId: PEER_ID, name: 'fake', load: 0, answered: true };
      return { nodes: [node], links: [], leftOut: 0 };
    },
    status: () => ({
      peerId: PEER_ID,
      name: 'fake',
      private: false,
      uptimeMs: 61_000,
      drills: false,
      peers: 1,
      shares: 2,
      hashing: 0,
      links: [LINK],
      trackers: [],
      keptChunks: 3,
      servedBytes: 5_000_000,
      limits: NO_LIMITS,
      strays: { strangers: 3, unknown: 2, ignored: 1, damaged: 0, unsent: 0 },
      downloads: running.map(({ name }) => ({
        ...SHARE,
        name,
        have: 48,
        sources: [],
        bytesPerSecond: 12_000_000,
      })),
      actors: [{ actor: 'transfer-server', state: 'running', restarts: 0 }],
    }),
    drill: (kind, actor) => void calls.push(`drill ${kind} ${actor}`),
    idle: () =>
      new Promise((resolve) => {
        const wake = (): void => resolve({ failed: failures });
        if (running.length === 0) wake();
        else waiting.push(wake);
      }),
    close() {
      calls.push('close');
      return close(0);
    },
  };
}

type Deferred<T> = {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
};

/** Promise.withResolvers, which Node 20 has not. */
function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'> = { resolve() {}, reject() {} };
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}
