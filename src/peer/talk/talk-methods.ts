/** The methods of a peer that are about what is said: to everybody, and to one alone. */
import type { Peer } from '#src/peer/api.js';
import { checkMessages, checkPeer, checkRef, checkTell, checkText } from '#src/peer/arguments.js';
import type { Crew } from '#src/peer/crew.js';
import { type Others, otherCalled } from '#src/peer/network/others.js';
import type { Conversation } from './conversation.js';
import type { PrivateTalk } from './private-talk.js';

/** As many as fill a screen. */
const RECENT_MESSAGES = 20;

type Parts = Others & {
  readonly crew: Crew;
  readonly conversation: Conversation;
  readonly privateTalk: PrivateTalk;
};

type Methods = Pick<Peer, 'say' | 'tell' | 'untell' | 'messages' | 'verify'>;

/** @param life tells whether the peer is still there: once it ends nothing is said any more. */
export function talkMethods(parts: Parts, life: { requireOpen(): void }): Methods {
  const { conversation, privateTalk, crew } = parts;
  return {
    async say(text) {
      checkText(text, 'say', 'the text of the message');
      life.requireOpen();
      return conversation.say(text, crew);
    },
    async tell(peer, text, options = {}) {
      checkPeer(peer, 'tell');
      checkText(text, 'tell', 'the text of the message');
      checkTell(options);
      life.requireOpen();
      return privateTalk.telling.tell(otherCalled(peer, parts), text, options);
    },
    async untell(id, options = {}) {
      checkText(id, 'untell', 'the id of a message');
      const ref = checkRef(options, 'untell');
      life.requireOpen();
      return privateTalk.telling.cancel(id, ref);
    },
    async verify(peer, options = {}) {
      checkPeer(peer, 'verify');
      const ref = checkRef(options, 'verify');
      life.requireOpen();
      return privateTalk.verifying.verify(otherCalled(peer, parts), ref);
    },
    messages(wanted = {}) {
      const { with: other, all, count = RECENT_MESSAGES, before } = checkMessages(wanted);
      if (all === true) return privateTalk.wholeHistory(count, before);
      if (other === undefined) return conversation.recent(count, before);
      return privateTalk.history(otherCalled(other, parts).peerId, count, before);
    },
  };
}
