import { P2pError } from '#src/domain/errors.js';
import { answered, type Command, withRef } from './command.js';

export const drill: Command = {
  name: 'drill',
  usage: 'drill kill|hang ACTOR',
  about: 'break an actor on purpose and watch it being restarted',
  subject: 'required',
  async run({ words, ref }, { peer, output }) {
    const kind = words[0]?.toLowerCase();
    const actor = words[1];
    if ((kind !== 'kill' && kind !== 'hang') || actor === undefined || words.length > 2) {
      throw new P2pError(
        'usage',
        'a drill is `drill kill ACTOR` or `drill hang ACTOR`; `status` names the actors',
      );
    }
    await answered(peer.drill(kind, actor), () => {
      output.tell({ type: 'drilled', kind, actor, ...withRef(ref) });
    });
    return 'done';
  },
};
