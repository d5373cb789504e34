/** What is fetched and sent, and what is done with it meanwhile. */
import { Type } from 'typebox';
import {
  fields,
  type Operation,
  oneOf,
  optionalFlag,
  optionalText,
  PART,
  REF,
  text,
} from './operation.js';

const TRANSFER = { transfer: text('its name, or 4 characters of its id or more') };

export const transferOperations = {
  download: {
    method: 'POST',
    path: '/downloads',
    about: 'fetches it from all who have a piece; answers once it is here, or cannot come',
    commands: ['download'],
    input: fields({
      name: text('a name, or 4 characters of an id or more'),
      from: optionalText('whose content is meant where one name means several'),
      to: optionalText('an absolute path: of a folder to put it in, or of the file'),
      wait: optionalFlag(
        'false: answers once it is under way, or after a second; events tell the rest',
      ),
      ref: REF,
    }),
  },
  listTransfers: {
    method: 'GET',
    path: '/transfers',
    about: 'what is running, waiting, paused, unfinished or over',
    commands: ['transfers'],
    input: fields({
      transfer: optionalText('only those of this name, or whose id begins so, with `failedFiles`'),
      ...PART,
    }),
    isList: true,
  },
  pauseTransfer: {
    method: 'POST',
    path: '/transfers/:transfer/pause',
    about: 'asks nobody for it, or gives nobody any of it, until it is resumed',
    commands: ['pause'],
    input: fields(TRANSFER),
  },
  pauseAll: {
    method: 'POST',
    path: '/transfers/pause',
    about: 'pauses all',
    commands: ['pause'],
    input: fields({}),
  },
  resumeTransfer: {
    method: 'POST',
    path: '/transfers/:transfer/resume',
    about: 'goes on with it, also where it had failed',
    commands: ['resume'],
    input: fields(TRANSFER),
  },
  resumeAll: {
    method: 'POST',
    path: '/transfers/resume',
    about: 'goes on with all that is paused or failed',
    commands: ['resume'],
    input: fields({}),
  },
  cancelTransfer: {
    method: 'POST',
    path: '/transfers/:transfer/cancel',
    about: 'forgets a download and throws away what arrived, or takes an offer back',
    commands: ['cancel'],
    input: fields(TRANSFER),
  },
  prioritizeTransfer: {
    method: 'PUT',
    path: '/transfers/:transfer/priority',
    about: 'who gets threads and bytes first; it stays so',
    commands: ['priority'],
    input: fields({
      ...TRANSFER,
      priority: oneOf(['high', 'normal', 'low'], 'high comes first'),
    }),
  },
  send: {
    method: 'POST',
    path: '/sends',
    about:
      'offers files or folders of this machine to one peer, or to all; answers once it is offered',
    commands: ['send'],
    input: fields({
      paths: Type.Array(text('an absolute path'), { minItems: 1, maxItems: 1000 }),
      to: optionalText('to whom: its name, id or HOST:PORT; to everybody where it is left out'),
      exclude: Type.Optional(
        Type.Array(text('a pattern as in .p2pignore'), {
          maxItems: 1000,
          description: 'what of a folder is left out',
        }),
      ),
      whenBack: Type.Optional(
        Type.Boolean({ description: 'where he is not here: offers it to him once he is back' }),
      ),
      ref: REF,
    }),
  },
  listSends: {
    method: 'GET',
    path: '/sends',
    about: 'what this peer sends and has sent, with the receipts',
    commands: ['transfers'],
    input: fields(PART),
    isList: true,
  },
} as const satisfies Readonly<Record<string, Operation>>;
