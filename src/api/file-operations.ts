/** Bytes, which the web actor moves itself: they never pass the main thread. */
import { fields, type Operation, optionalText, text } from './operation.js';

const FILE = {
  share: text('its name, or 4 characters of its id or more'),
  path: optionalText('of a folder: which file in it, with `/` between names'),
};

export const fileOperations = {
  getContent: {
    method: 'GET',
    path: '/shares/:share/content',
    about:
      'the bytes of a file that is here or on its way, all or one range of them; every chunk is proven before it leaves',
    commands: [],
    input: fields(FILE),
    isBytes: true,
  },
  makeLink: {
    method: 'POST',
    path: '/shares/:share/links',
    about: 'a path that gives those bytes once, within a minute, to whoever has it: for a browser',
    commands: [],
    input: fields(FILE),
  },
} as const satisfies Readonly<Record<string, Operation>>;
