/** This peer itself: how it is, what it is called, how it ends. */
import { Type } from 'typebox';
import { LIMITS } from '#src/domain/limits.js';
import { COLOUR_CHOICES, STATUS_BYTES } from '#src/domain/peers/profile.js';
import { fields, type Operation, oneOf, optionalText, REF, text } from './operation.js';

export const selfOperations = {
  getStatus: {
    method: 'GET',
    path: '/status',
    about: 'who this peer is, how its threads, links and downloads are, what is limited',
    commands: ['status'],
    input: fields({}),
  },
  getOverview: {
    method: 'GET',
    path: '/overview',
    about:
      'what somebody who comes wants to see at once: `status`, the newest `messages`, and the first rows of `peers`, `blocked`, `transfers` and `offers`, of each 1000 and half a megabyte at most',
    commands: [],
    input: fields({}),
  },
  getMetrics: {
    method: 'GET',
    path: '/metrics',
    about: 'counts and levels for Prometheus, as text; at `/metrics` too, with the token',
    commands: [],
    input: fields({}),
    isText: true,
  },
  rename: {
    method: 'PUT',
    path: '/profile/name',
    about: 'calls this peer so from now on',
    commands: ['name'],
    input: fields({ name: text(`1 to ${LIMITS.peerNameBytes} bytes`), ref: REF }),
  },
  recolour: {
    method: 'PUT',
    path: '/profile/colour',
    about: 'shows this peer in that colour to others, now and at later starts',
    commands: ['colour'],
    input: fields({
      colour: oneOf(COLOUR_CHOICES, 'none: each chooses one by its id'),
      ref: REF,
    }),
  },
  goAway: {
    method: 'PUT',
    path: '/profile/away',
    about: 'tells those linked that the user is away',
    commands: ['away'],
    input: fields({ why: optionalText(`${STATUS_BYTES} bytes at most`), ref: REF }),
  },
  comeBack: {
    method: 'DELETE',
    path: '/profile/away',
    about: 'tells those linked that the user is back',
    commands: ['back'],
    input: fields({ ref: REF }),
  },
  setLimit: {
    method: 'PUT',
    path: '/limits/:kind',
    about: 'how fast bytes of contents may move from now on, until this peer ends',
    commands: ['limit'],
    input: fields({
      kind: oneOf(['upload', 'download', 'peer', 'background'], 'which limit'),
      rate: Type.Union([Type.Integer({ minimum: 0 }), Type.Null(), Type.Literal('auto')], {
        description: 'bytes a second; null: none; auto: as the settings say',
      }),
    }),
  },
  markEvents: {
    method: 'POST',
    path: '/events/marks',
    about: 'puts a line `mark` with this `ref` behind all events that were told before',
    commands: [],
    input: fields({ ref: text('what the line carries') }),
  },
  drill: {
    method: 'POST',
    path: '/drills',
    about: 'breaks an actor on purpose, where the setting `drills` allows it',
    commands: ['drill'],
    input: fields({
      kind: oneOf(['kill', 'hang'], 'how'),
      actor: text('a name of `status`'),
    }),
  },
  stop: {
    method: 'POST',
    path: '/stop',
    about: 'ends this peer; downloads that began go on at its next start',
    commands: ['exit', 'stop'],
    input: fields({}),
    endsPeer: true,
  },
  stopNetwork: {
    method: 'POST',
    path: '/stop-network',
    about: 'asks every peer of this private network to end, and ends this one',
    commands: ['stop'],
    input: fields({}),
    endsPeer: true,
  },
} as const satisfies Readonly<Record<string, Operation>>;
