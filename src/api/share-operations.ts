/** What is shared, here and by others. */
import { fields, type Operation, optionalText, PART, text } from './operation.js';

export const shareOperations = {
  listShares: {
    method: 'GET',
    path: '/shares',
    about: 'what is shared here and by those linked',
    commands: ['list'],
    input: fields({ filter: optionalText('a part of the name, any case'), ...PART }),
    isList: true,
  },
  addShare: {
    method: 'POST',
    path: '/shares',
    about: 'makes one file or directory of this machine one share; answers once it is hashed',
    commands: ['share'],
    input: fields({ path: text('an absolute path') }),
  },
  removeShare: {
    method: 'DELETE',
    path: '/shares/:share',
    about: 'shares it no more; the file stays',
    commands: ['unshare'],
    input: fields({ share: text('its name, or 4 characters of its id or more') }),
  },
  getChunkMap: {
    method: 'GET',
    path: '/shares/:share/map',
    about:
      'which parts of it are here, also while it is fetched: `chunks`, `have`, and `cells`, 256 at most, each 0 (nothing of it) to 100 (all); none where nothing is here',
    commands: [],
    input: fields({ share: text('its name, or 4 characters of its id or more') }),
  },
  findContent: {
    method: 'GET',
    path: '/find',
    about: 'who has what a name or the beginning of an id means, by asking everybody',
    commands: ['find'],
    input: fields({ name: text('a name, or 4 characters of an id or more') }),
  },
} as const satisfies Readonly<Record<string, Operation>>;
