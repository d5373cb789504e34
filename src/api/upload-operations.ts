/** What is handed to this peer as bytes, by programs and pages that may not name files of this machine: shared or sent from here. */
import { Type } from 'typebox';
import { fields, type Operation, optionalFlag, optionalText, REF, text } from './operation.js';

/** Chosen by whoever uploads: what he puts under one is shared or sent together. */
const UPLOAD = {
  upload: Type.String({ description: 'a word of your own', pattern: '^[A-Za-z0-9_-]{8,64}$' }),
};

export const uploadOperations = {
  shareUpload: {
    method: 'POST',
    path: '/uploads/:upload/share',
    about: 'shares what was put there, each file and folder on top of it; gone with the last share',
    commands: ['share'],
    input: fields(UPLOAD),
  },
  sendUpload: {
    method: 'POST',
    path: '/uploads/:upload/send',
    about: 'offers what was put there to one peer, or to all; gone when the offer has ended',
    commands: ['send'],
    input: fields({
      ...UPLOAD,
      to: optionalText('to whom: its name, id or HOST:PORT; to everybody where it is left out'),
      whenBack: optionalFlag('where he is not here: offers it to him once he is back'),
      ref: REF,
    }),
  },
  discardUpload: {
    method: 'DELETE',
    path: '/uploads/:upload',
    about: 'throws away what was put there and is not shared or sent',
    commands: [],
    input: fields(UPLOAD),
  },
} as const satisfies Readonly<Record<string, Operation>>;

/** Answered by the web actor: bytes never pass the main thread. */
export const putOperations = {
  putFile: {
    method: 'PUT',
    path: '/uploads/:upload/files/:path',
    about: 'the bytes of one file, of any size; folders of its path are made',
    commands: [],
    input: fields({ ...UPLOAD, path: text('with `/` between names') }),
    takesBytes: true,
  },
} as const satisfies Readonly<Record<string, Operation>>;
