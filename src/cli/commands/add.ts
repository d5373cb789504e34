import { P2pError } from '#src/domain/errors.js';
import { parseHostPort } from '#src/domain/host-port.js';
import { type Command, withRef } from './command.js';

export const add: Command = {
  name: 'add',
  usage: 'add HOST:PORT',
  about: 'dial a peer that does not appear by itself',
  subject: 'required',
  async run({ subject = '', ref }, { peer, output }) {
    if (parseHostPort(subject) === undefined) {
      throw new P2pError(
        'usage',
        `${subject} is no address; write HOST:PORT, like 192.168.1.5:27460 or [fe80::1]:27460`,
      );
    }
    const row = await peer.add(subject);
    output.tell({ type: 'peer-added', ...row, ...withRef(ref) });
    return 'done';
  },
};
