/** What is said, to everybody and to one alone. */
import {
  fields,
  MOST_ROWS,
  type Operation,
  optionalFlag,
  optionalText,
  optionalWhole,
  REF,
  text,
} from './operation.js';

export const talkOperations = {
  listMessages: {
    method: 'GET',
    path: '/messages',
    about: 'what was said lately, oldest first: to everybody unless told',
    commands: ['history'],
    input: fields({
      with: optionalText('those said in private with this peer'),
      all: optionalFlag('those to everybody and all private ones'),
      count: optionalWhole(0, MOST_ROWS, 'the newest so many: 20 unless told'),
      before: optionalText('the id of a message: only those that came before it'),
    }),
  },
  say: {
    method: 'POST',
    path: '/messages',
    about: 'says something to everybody in the network',
    commands: ['say'],
    input: fields({ text: text('1 B to 4 KiB') }),
  },
  tell: {
    method: 'POST',
    path: '/peers/:peer/messages',
    about: 'says something to one peer alone; answers once that one has stored it',
    commands: ['tell'],
    input: fields({
      peer: text('its name, its id or 4 characters of it or more, or HOST:PORT'),
      text: text('1 B to 4 KiB'),
      whenBack: optionalFlag('where he is not here: keeps it until he is back'),
      ref: REF,
    }),
  },
  takeBackMessage: {
    method: 'DELETE',
    path: '/messages/:message',
    about: 'takes back a message that waits for its peer',
    commands: ['tell'],
    input: fields({ message: text('4 characters of its id or more'), ref: REF }),
  },
} as const satisfies Readonly<Record<string, Operation>>;
