/** A peer in another process, as the commands of the terminal use one: each method is one request to it. */
import { MOST_ROWS } from '#src/api/operation.js';
import type { OperationId, OperationInput } from '#src/api/operations.js';
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Peer, WhichTransfers } from '#src/peer/api.js';

/** What commands use of a peer; where that is in another process its answers take a moment. */
type Remote<T> = {
  readonly [K in keyof T]: T[K] extends (...given: infer G) => infer R
    ? (...given: G) => R | Promise<Awaited<R>>
    : T[K];
};

export type CommandedPeer = Remote<
  Omit<
    Peer,
    'name' | 'host' | 'ports' | 'private' | 'on' | 'events' | 'idle' | 'close' | 'closed' | 'limit'
  >
> & {
  readonly limit: (...given: Parameters<Peer['limit']>) => unknown;
};

/** Asks for one operation. Rejects with a `P2pError` as the peer says. */
export type Ask = <Id extends OperationId>(id: Id, input: OperationInput<Id>) => Promise<unknown>;

/** What a method of a peer answers in the end. */
type AnswerOf<M extends keyof Peer> = Peer[M] extends (...given: never[]) => infer R
  ? Promise<Awaited<R>>
  : never;

export function remotePeer(peerId: PeerId, ask: Ask): CommandedPeer {
  return {
    peerId,
    ...sharingOf(ask),
    ...transfersOf(ask),
    ...sendsOf(ask),
    ...othersOf(ask),
    ...talkOf(ask),
    ...selfOf(ask),
  };
}

type Methods<M extends keyof CommandedPeer> = Pick<CommandedPeer, M>;

function sharingOf(ask: Ask): Methods<'list' | 'find' | 'share' | 'unshare'> {
  return {
    list: (filter) => all(ask, 'list', 'listShares', { filter }),
    find: (name) => as('find', ask('findContent', { name })),
    share: (path) => as('share', ask('addShare', { path })),
    unshare: (share) => as('unshare', ask('removeShare', { share })),
  };
}

function transfersOf(
  ask: Ask,
): Methods<'download' | 'transfers' | 'pause' | 'resume' | 'cancel' | 'prioritize' | 'limit'> {
  const which = (one: 'pauseTransfer' | 'resumeTransfer', every: 'pauseAll' | 'resumeAll') => {
    return (named: WhichTransfers) =>
      typeof named === 'string' ? ask(one, { transfer: named }) : ask(every, {});
  };
  const pause = which('pauseTransfer', 'pauseAll');
  const resume = which('resumeTransfer', 'resumeAll');
  return {
    download: (name, { signal: _, ...options } = {}) =>
      as('download', ask('download', { name, ...options })),
    transfers: (transfer) => all(ask, 'transfers', 'listTransfers', { transfer }),
    pause: (named) => as('pause', pause(named)),
    resume: (named) => as('resume', resume(named)),
    cancel: (transfer) => as('cancel', ask('cancelTransfer', { transfer })),
    prioritize: (transfer, priority) =>
      as('prioritize', ask('prioritizeTransfer', { transfer, priority })),
    limit: (kind, rate) => ask('setLimit', { kind, rate }),
  };
}

function sendsOf(ask: Ask): Methods<'send' | 'sends' | 'offers' | 'accept' | 'reject'> {
  return {
    send: (paths, { exclude, ...options }) =>
      as(
        'send',
        ask('send', {
          paths: typeof paths === 'string' ? [paths] : [...paths],
          ...options,
          ...(exclude && { exclude: [...exclude] }),
        }),
      ),
    sends: () => all(ask, 'sends', 'listSends', {}),
    offers: () => all(ask, 'offers', 'listOffers', {}),
    accept: (offer, options = {}) => as('accept', ask('acceptOffer', { offer, ...options })),
    reject: (offer, { ref } = {}) =>
      as('reject', ask('rejectOffer', { offer, ...(ref === undefined ? {} : { ref }) })),
  };
}

function othersOf(
  ask: Ask,
): Methods<
  'peers' | 'add' | 'trust' | 'block' | 'unblock' | 'forget' | 'verify' | 'topology' | 'stopNetwork'
> {
  return {
    peers: ({ blocked = false } = {}) => all(ask, 'peers', 'listPeers', { blocked }),
    add: (address) => as('add', ask('addPeer', { address })),
    trust: (peer) => as('trust', ask('trustPeer', { peer })),
    block: (peer) => as('block', ask('blockPeer', { peer })),
    unblock: (peer) => as('unblock', ask('unblockPeer', { peer })),
    forget: (peer) => as('forget', ask('forgetPeer', { peer })),
    verify: (peer, options = {}) => as('verify', ask('verifyPeer', { peer, ...options })),
    topology: (options = {}) => as('topology', ask('getTopology', options)),
    stopNetwork: () => as('stopNetwork', ask('stopNetwork', {})),
  };
}

function talkOf(ask: Ask): Methods<'say' | 'tell' | 'untell' | 'messages'> {
  return {
    say: (text) => as('say', ask('say', { text })),
    tell: (peer, text, options = {}) => as('tell', ask('tell', { peer, text, ...options })),
    untell: (message, options = {}) =>
      as('untell', ask('takeBackMessage', { message, ...options })),
    messages: async (wanted = {}) => {
      const given = typeof wanted === 'number' ? { count: wanted } : wanted;
      if ((given.count ?? 0) <= MOST_ROWS) return as('messages', ask('listMessages', given));
      const mend = 'more are shown where the peer itself was started';
      throw new P2pError('usage', `at most ${MOST_ROWS} messages come here: ${mend}`);
    },
  };
}

function selfOf(ask: Ask): Methods<'status' | 'rename' | 'recolour' | 'away' | 'back' | 'drill'> {
  return {
    status: () => as('status', ask('getStatus', {})),
    rename: (name, options = {}) => as('rename', ask('rename', { name, ...options })),
    recolour: (colour, options = {}) => as('recolour', ask('recolour', { colour, ...options })),
    away: (why, options = {}) =>
      as('away', ask('goAway', { ...(why === undefined ? {} : { why }), ...options })),
    back: (options = {}) => as('back', ask('comeBack', options)),
    drill: (kind, actor) => as('drill', ask('drill', { kind, actor })),
  };
}

/** What the other end answers is what its peer's method of that name gives, as JSON. */
function as<M extends keyof Peer>(_: M, answer: Promise<unknown>): AnswerOf<M> {
  return answer as AnswerOf<M>;
}

function all<M extends keyof Peer>(ask: Ask, _: M, id: OperationId, input: object): AnswerOf<M> {
  return everyRow(ask, id, input) as AnswerOf<M>;
}

/** A list comes in parts; it may change between them. */
async function everyRow(ask: Ask, id: OperationId, input: object): Promise<unknown> {
  const rows: unknown[] = [];
  for (;;) {
    const part = { ...input, offset: rows.length };
    const { items, total } = (await ask(id, part as never)) as {
      readonly items: readonly unknown[];
      readonly total: number;
    };
    rows.push(...items);
    if (items.length === 0 || rows.length >= total) return rows;
  }
}
