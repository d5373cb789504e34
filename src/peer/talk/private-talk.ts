/** All that is said between this peer and one other alone: who says what to whom, put together. */
import type { PeerId } from '#src/domain/ids.js';
import { mergedHistory } from '#src/domain/talk/merged-history.js';
import { newestRows } from '#src/domain/talk/newest-rows.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Crew } from '#src/peer/crew.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import type { NamedPeer } from '#src/peer/network/naming.js';
import type { Neighbours } from '#src/peer/network/neighbours.js';
import { Reaching } from '#src/peer/network/reaching.js';
import type { MessageRow } from '#src/peer/rows.js';
import { Profiles } from '#src/peer/trust/profiles.js';
import { Verifying } from '#src/peer/trust/verifying.js';
import type * as Mesh from '#workers/mesh.js';
import type { Conversation } from './conversation.js';
import { PrivateInbox } from './private-inbox.js';
import { type Kept, type PrivateMessages, privateRow } from './private-messages.js';
import { Telling } from './telling.js';

export type PrivateTalkParts = {
  readonly home: Home;
  readonly messages: PrivateMessages;
  readonly crew: Pick<Crew, 'send'>;
  readonly conversation: Pick<Conversation, 'all' | 'last'>;
  readonly neighbours: Pick<Neighbours, 'reach' | 'lines' | 'need' | 'showProfile'>;
  readonly isBlocked: (peer: PeerId) => boolean;
  /** As what a peer is known; undefined where it is not, or is blocked. */
  readonly known: (peer: PeerId) => NamedPeer | undefined;
  /** One that comes under a new name. */
  readonly meet: (peer: NamedPeer) => void;
  readonly tell: (event: PeerEvent, ref?: string) => void;
};

export class PrivateTalk {
  readonly telling: Telling;
  readonly verifying: Verifying;
  readonly profiles: Profiles;
  readonly #parts: PrivateTalkParts;
  readonly #inbox: PrivateInbox;
  readonly reaching: Reaching;

  constructor(parts: PrivateTalkParts) {
    const { home, messages, neighbours, conversation, crew } = parts;
    const order = (said: Mesh.In) => crew.send('mesh', said);
    const lastToAll = () => conversation.last;
    this.#parts = parts;
    this.reaching = new Reaching({ neighbours });
    const nameOf = (peer: PeerId) => parts.known(peer)?.name ?? '';
    const { self } = home;
    this.#inbox = new PrivateInbox({ ...parts, self: self.peerId, lastToAll, order });
    this.profiles = new Profiles({ ...parts, order });
    this.verifying = new Verifying({
      ...parts,
      self: self.peerId,
      reaching: this.reaching,
      nameOf,
      order,
    });
    this.telling = new Telling({
      ...parts,
      self,
      credentials: home.credentials,
      messages,
      reaching: this.reaching,
      isLinked: (peer) => neighbours.reach(peer) !== undefined,
      lastToAll,
      order,
      now: Date.now,
    });
  }

  /** Gives the waiting of earlier starts another try. */
  begin(): Promise<void> {
    return this.telling.begin();
  }

  /** The mesh began a new life: no link stands, and no goodbye was said. */
  meshRestarted(): void {
    this.verifying.unlinkedAll();
  }

  /** After the peer table has heard it. */
  hearMesh(said: Mesh.Out): void {
    this.reaching.hearMesh(said);
    if (said.type === 'tell-heard') this.#inbox.hear(said.message);
    if (said.type === 'direct-heard') this.#hear(said.peerId, said.message);
    if (said.type === 'link-up') {
      this.profiles.linked(said.peerId);
      this.telling.linked(said.peerId);
    }
    if (said.type === 'link-down') {
      const isForGood = said.reason === 'stopped' || said.reason === 'blocked';
      this.profiles.unlinked(said.peerId);
      this.verifying.unlinked(said.peerId);
      this.telling.unlinked(said.peerId, isForGood);
    }
  }

  /** With one peer, the newest, oldest first. */
  history(other: PeerId, count: number, before?: string): readonly MessageRow[] {
    const rows = this.#parts.messages.kept(other).map((kept) => this.#rowOf(kept));
    return newestRows(rows, count, before);
  }

  /** What was said to all, too. */
  wholeHistory(count: number, before?: string): readonly MessageRow[] {
    const { messages, conversation, isBlocked } = this.#parts;
    const shown = messages.kept().filter(({ other }) => !isBlocked(other));
    const rows = shown.map((kept) => ({ after: kept.record.after, row: this.#rowOf(kept) }));
    return newestRows(mergedHistory(conversation.all, rows), count, before);
  }

  async close(): Promise<void> {
    this.reaching.close();
    this.profiles.close();
    this.verifying.close();
    await this.#inbox.close();
    await this.telling.close();
  }

  #rowOf(kept: Kept): MessageRow {
    const row = privateRow(kept);
    const toName = row.state === undefined ? '' : (this.#parts.known(kept.other)?.name ?? '');
    return toName === '' ? row : { ...row, toName };
  }

  #hear(from: PeerId, message: Extract<Mesh.Out, { type: 'direct-heard' }>['message']): void {
    switch (message.type) {
      case 'told':
        return this.telling.hearTold(from, message.id, message.outcome);
      case 'profile':
        return this.profiles.hear(from, message);
      case 'verify-commit':
      case 'verify-answer':
      case 'verify-reveal':
      case 'verify-stop':
        return this.verifying.hear(from, message);
      case 'send-answer':
      case 'send-sealed':
      case 'send-end':
      case 'send-pause':
      case 'send-progress':
        // Sends and the inbox hear these for themselves.
        return undefined;
      default:
        return unreachable(message);
    }
  }
}
