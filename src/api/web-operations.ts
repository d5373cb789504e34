/** What the web actor answers by itself, about what is asked of it. */
import { fields, type Operation, optionalFlag } from './operation.js';

export const webOperations = {
  hearEvents: {
    method: 'GET',
    path: '/events',
    about:
      'what happens from now on, one JSON object a line, as `--json` has them; `missed` says how many did not fit, an empty line that the peer is there; after `bye` it is not',
    commands: [],
    input: fields({
      brief: optionalFlag('without `download-progress`, and gathered ten times a second'),
    }),
    isBytes: true,
  },
  getDocument: {
    method: 'GET',
    path: '/openapi.json',
    about: 'this document',
    commands: ['help'],
    input: fields({}),
  },
} as const satisfies Readonly<Record<string, Operation>>;
