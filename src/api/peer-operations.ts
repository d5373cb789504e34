/** The others: who is there, and who is trusted. */
import { QUERY_LIMITS } from '#src/domain/query/query.js';
import {
  fields,
  type Operation,
  optionalFlag,
  optionalWhole,
  PART,
  REF,
  text,
} from './operation.js';

const { hops, mostHops } = QUERY_LIMITS;
const PEER = { peer: text('its name, its id or 4 characters of it or more, or HOST:PORT') };

export const peerOperations = {
  listPeers: {
    method: 'GET',
    path: '/peers',
    about: 'the peers this one knows',
    commands: ['peers'],
    input: fields({
      blocked: optionalFlag('those that are blocked, in place of all others'),
      ...PART,
    }),
    isList: true,
  },
  addPeer: {
    method: 'POST',
    path: '/peers',
    about: 'dials a peer; answers once it is proven',
    commands: ['add'],
    input: fields({ address: text('HOST:PORT, the port being its base N') }),
  },
  trustPeer: {
    method: 'POST',
    path: '/peers/:peer/trust',
    about: 'prefers it, and warns when its name comes with another key',
    commands: ['trust'],
    input: fields(PEER),
  },
  blockPeer: {
    method: 'POST',
    path: '/peers/:peer/block',
    about: 'no connection, no chunk and no message of it any more',
    commands: ['block'],
    input: fields(PEER),
  },
  unblockPeer: {
    method: 'POST',
    path: '/peers/:peer/unblock',
    about: 'it may connect again',
    commands: ['unblock'],
    input: fields(PEER),
  },
  forgetPeer: {
    method: 'POST',
    path: '/peers/:peer/forget',
    about: 'it is neither known nor trusted any more',
    commands: ['forget'],
    input: fields(PEER),
  },
  verifyPeer: {
    method: 'POST',
    path: '/peers/:peer/verify',
    about: 'compares words: answers with four that the other shows too',
    commands: ['verify'],
    input: fields({ ...PEER, ref: REF }),
  },
  getTopology: {
    method: 'GET',
    path: '/topology',
    about:
      'asks every peer for its links; where that was done too often lately it is as it was then, a minute ago at most',
    commands: ['topo'],
    input: fields({
      hops: optionalWhole(1, mostHops, `over how many links to ask: ${hops} unless told`),
    }),
  },
} as const satisfies Readonly<Record<string, Operation>>;
