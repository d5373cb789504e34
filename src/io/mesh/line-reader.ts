/** Reads a link: what its peer tells of its catalogue, judged, in turn with what the others tell. */
import { catchError, concat, concatMap, defer, EMPTY, from, type Observable, of, tap } from 'rxjs';
import type { CataloguePage } from '#src/domain/catalogue/catalogue.js';
import { HeardCatalogue } from '#src/domain/catalogue/heard-catalogue.js';
import { RowRoom } from '#src/domain/catalogue/row-room.js';
import type { Platform } from '#src/domain/content/name.js';
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Link, LinkEvent, LinkId } from '#src/domain/peers/links-state.js';
import type { Received } from '#src/io/net/delivery.js';
import type { Session } from '#src/io/net/session.js';
import type { DirectMessage } from '#src/wire/direct-message.js';
import type { MeshMessage } from '#src/wire/mesh-message.js';
import type { Message } from '#src/wire/message.js';
import { PageGate } from './page-gate.js';

/** What a peer told, judged. */
export type Told =
  /** `fresh`: forget what it offered before. `complete`: nothing more for now. */
  | ({ readonly type: 'offered'; readonly peerId: PeerId } & CataloguePage)
  | { readonly type: 'trouble'; readonly error: ErrorRecord };

export type LineEvent =
  | { readonly type: 'link'; readonly event: LinkEvent }
  | { readonly type: 'told'; readonly told: Told }
  /** A word of the mesh. */
  | { readonly type: 'mesh-heard'; readonly link: Link; readonly message: MeshMessage }
  /** A word to this peer alone. */
  | { readonly type: 'direct-heard'; readonly peerId: PeerId; readonly message: DirectMessage };

/** What the readers of all links share. */
export type Audience = {
  readonly platform: Platform;
  readonly gate: PageGate;
  readonly room: RowRoom;
  /** Whose catalogue, by peer, was begun last: on another of its links nothing can be continued. */
  readonly voices: Map<PeerId, LinkId>;
};

export function newAudience(platform: Platform): Audience {
  return { platform, gate: new PageGate(), room: new RowRoom(), voices: new Map() };
}

export class LineReader {
  readonly #link: Link;
  readonly #session: Session;
  readonly #audience: Audience;
  readonly #heard: HeardCatalogue;
  /** Left unread for a while by the rules of links. */
  #isHeld = false;
  /** Messages that were read and wait for their turn; nothing more is read meanwhile. */
  #waiting = 0;
  #isForgotten = false;

  constructor(link: Link, session: Session, audience: Audience) {
    this.#link = link;
    this.#session = session;
    this.#audience = audience;
    this.#heard = new HeardCatalogue(audience.platform, audience.room);
  }

  /** Once; the last event is the end of the link. */
  read(): Observable<LineEvent> {
    return concat(
      this.#session.received.pipe(
        tap(() => {
          this.#waiting += 1;
        }),
        concatMap((received) => this.#inTurn(received)),
      ),
      defer(() => of(endOf(this.#link, true))),
    ).pipe(
      catchError((error: unknown) =>
        from([...blame(this.#session, error), endOf(this.#link, false)]),
      ),
    );
  }

  hold(): void {
    this.#isHeld = true;
    this.#session.pause();
  }

  /**
   * After it was held. What it told is old where its peer has told all anew on another link since: its peer
   * left this one then, the end of it may be unread, and nobody broke the protocol.
   */
  readOn(): void {
    const voice = this.#audience.voices.get(this.#link.peerId);
    if (voice !== this.#link.id && this.#heard.heard) {
      this.#session.destroy(new P2pError('unreachable', 'its peer had gone on to another link'));
      return;
    }
    this.#isHeld = false;
    if (this.#waiting === 0) this.#session.resume();
  }

  /** Its connection is gone. */
  forget(): void {
    const { voices } = this.#audience;
    const { id, peerId } = this.#link;
    this.#isForgotten = true;
    this.#heard.forget();
    if (voices.get(peerId) === id) voices.delete(peerId);
  }

  /** Pages of catalogues wait for the host; nothing else does unless it is behind one. */
  #inTurn({ message }: Received): Observable<LineEvent> {
    if (message.type !== 'offer') {
      return defer(() => {
        this.#waiting -= 1;
        return this.#isForgotten ? EMPTY : this.#hear(message);
      });
    }
    const { gate } = this.#audience;
    const waits = !gate.isOpen(this.#link.id);
    if (waits) this.#session.pause();
    return gate.pass(this.#link.id).pipe(
      concatMap(() => {
        this.#waiting -= 1;
        // Without need it is not touched: a goodbye may be right behind, and the end of the connection.
        if (waits && !this.#isHeld) this.#session.resume();
        if (!this.#isForgotten) return this.#judge(message);
        // What its rows took is free already.
        gate.spare();
        return EMPTY;
      }),
    );
  }

  /** @throws P2pError `protocol`, which ends the link. */
  #hear(message: Message): readonly LineEvent[] {
    if (message.type === 'mesh') {
      return [{ type: 'mesh-heard', link: this.#link, message: message.message }];
    }
    if (message.type === 'direct') {
      return [{ type: 'direct-heard', peerId: this.#link.peerId, message: message.message }];
    }
    if (message.type === 'refused' && message.reason === 'full') {
      return [{ type: 'link', event: { type: 'turned-out', link: this.#link } }];
    }
    throw new P2pError('protocol', `it said ${message.type} on a link`);
  }

  /** @throws P2pError `protocol`, which ends the link. */
  #judge(offer: CataloguePage): readonly LineEvent[] {
    const { page, troubles } = this.#judged(offer);
    if (page.fresh) this.#audience.voices.set(this.#link.peerId, this.#link.id);
    return [
      ...this.#tellPage(page),
      ...troubles.map(({ code, message }) =>
        troubleOf(code, `${this.#session.peer.name} offers ${message}`),
      ),
    ];
  }

  #judged({ fresh, complete, changed, removed }: CataloguePage) {
    try {
      return this.#heard.judge({ fresh, complete, changed, removed });
    } catch (error) {
      this.#audience.gate.spare();
      throw error;
    }
  }

  /** A page that says nothing is not told: it would cost its sender less than us. */
  #tellPage(page: CataloguePage): readonly LineEvent[] {
    const { fresh, complete, changed, removed } = page;
    if (fresh || complete || changed.length + removed.length > 0) {
      return [{ type: 'told', told: { type: 'offered', peerId: this.#link.peerId, ...page } }];
    }
    this.#audience.gate.spare();
    return [];
  }
}

export function endOf(link: Link, goodbye: boolean): LineEvent {
  return { type: 'link', event: { type: 'ended', link, goodbye } };
}

/** What broke off is nobody's fault; what broke the protocol should be known. */
function blame(session: Session, error: unknown): readonly LineEvent[] {
  const { code, message } = toRecord(error);
  if (code !== 'protocol' && code !== 'limit') return [];
  return [troubleOf(code, `the link to ${session.peer.name} was cut: ${message}`)];
}

function troubleOf(code: string, message: string): LineEvent {
  return { type: 'told', told: { type: 'trouble', error: { code, message } } };
}
