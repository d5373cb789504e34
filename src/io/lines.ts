/** The connections behind the links: reads and writes them as the rules of links say. */
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  from,
  ignoreElements,
  map,
  merge,
  type Observable,
  of,
  Subject,
  tap,
  timer,
} from 'rxjs';
import {
  applyOffer,
  type Catalogue,
  type CataloguePage,
  type CatalogueRow,
  type RowKey,
} from '#src/domain/catalogue.js';
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import { HeardCatalogue } from '#src/domain/heard-catalogue.js';
import type { PeerId } from '#src/domain/ids.js';
import { LINK_TIMES, type Link, type LinkEvent, type LinkId } from '#src/domain/links.js';
import type { Platform } from '#src/domain/name.js';
import { Offering } from '#src/domain/offering.js';
import { RowRoom } from '#src/domain/row-room.js';
import type { Hello } from '#src/wire/hello.js';
import type { Message } from '#src/wire/message.js';
import type { Received } from './delivery.js';
import { tellCatalogue } from './link.js';
import { PageGate } from './page-gate.js';
import type { Session } from './session.js';

/** What a peer told, judged. */
export type Told =
  /** `fresh`: forget what it offered before. `complete`: nothing more for now. */
  | ({ readonly type: 'offered'; readonly peerId: PeerId } & CataloguePage)
  | { readonly type: 'trouble'; readonly error: ErrorRecord };

export type LineEvent =
  | { readonly type: 'link'; readonly event: LinkEvent }
  | { readonly type: 'told'; readonly told: Told };

/** A link with what it takes to keep it. */
type Line = {
  readonly link: Link;
  readonly session: Session;
  readonly heard: HeardCatalogue;
  readonly offering: Offering;
  readonly touched: Subject<void>;
  /** Left unread for a while by the rules of links. */
  isHeld: boolean;
  /** Messages that were read and wait for their turn; nothing more is read meanwhile. */
  waiting: number;
};

export class Lines {
  readonly #platform: Platform;
  readonly #catalogue: Catalogue = new Map();
  readonly #lines = new Map<LinkId, Line>();
  /** Lines that are or were read. */
  readonly #adopted = new Set<LinkId>();
  readonly #gate = new PageGate();
  readonly #room = new RowRoom();
  /** Whose catalogue, by peer, was begun last: on another of its links nothing can be continued. */
  readonly #voices = new Map<PeerId, LinkId>();
  #lastLink: LinkId = 0;

  /** @param rows what we offer at first. */
  constructor(rows: readonly CatalogueRow[], platform: Platform) {
    this.#platform = platform;
    applyOffer(this.#catalogue, rows, []);
  }

  /** @param dialledHost where it was dialled; none when it was accepted. */
  open(session: Session, dialledHost: string | undefined): Link {
    this.#lastLink += 1;
    const link: Link = {
      id: this.#lastLink,
      peerId: session.peerId,
      instance: session.peer.instance,
      dialled: dialledHost !== undefined,
      host: dialledHost ?? plainHost(session.remoteHost),
      port: session.peer.ports.mesh,
    };
    this.#lines.set(link.id, {
      link,
      session,
      heard: new HeardCatalogue(this.#platform, this.#room),
      offering: new Offering(this.#catalogue),
      touched: new Subject(),
      isHeld: false,
      waiting: 0,
    });
    return link;
  }

  /** Completes when the link's connection is gone, and forgets it. */
  gone(link: Link): Observable<never> {
    const closed = this.#lines.get(link.id)?.session.closed ?? Promise.resolve();
    return from(closed).pipe(
      tap(() => this.#forget(link)),
      ignoreElements(),
    );
  }

  /** What the peer of a link said of itself. */
  helloOf(link: Link): Hello | undefined {
    return this.#lines.get(link.id)?.session.peer;
  }

  /** Reads a link and tells it our catalogue; one that was held is read on. */
  adopt(link: Link): Observable<LineEvent> {
    const line = this.#lines.get(link.id);
    if (line === undefined) return of(endOf(link, false));
    if (this.#adopted.has(link.id)) return this.#readOn(line);
    this.#adopted.add(link.id);
    return merge(this.#read(line), tellCatalogue(line.session, line.offering, line.touched));
  }

  /** Leaves a link unread for a while. */
  hold(link: Link): Observable<LineEvent> {
    const line = this.#lines.get(link.id);
    if (line !== undefined) line.isHeld = true;
    line?.session.pause();
    return timer(LINK_TIMES.holdMs).pipe(
      map((): LineEvent => ({ type: 'link', event: { type: 'hold-expired', link } })),
    );
  }

  close(link: Link): void {
    this.#lines.get(link.id)?.session.close();
  }

  probe(link: Link, withinMs: number): void {
    this.#lines.get(link.id)?.session.probe(withinMs);
  }

  /** Changes what we offer, and tells every link in its time. */
  offer(changed: readonly CatalogueRow[], removed: readonly RowKey[]): void {
    const keys = applyOffer(this.#catalogue, changed, removed);
    for (const { offering, touched } of this.#lines.values()) {
      offering.touch(keys);
      touched.next();
    }
  }

  /** The host has dealt with a page. */
  taken(): void {
    this.#gate.taken();
  }

  /** Resolves once every connection is gone. */
  async closed(): Promise<void> {
    await Promise.all([...this.#lines.values()].map(({ session }) => session.closed));
  }

  #readOn(line: Line): Observable<LineEvent> {
    const voice = this.#voices.get(line.link.peerId);
    if (voice !== line.link.id && line.heard.heard) {
      line.session.destroy(new P2pError('protocol', 'its catalogue was told on two links at once'));
    } else {
      line.isHeld = false;
      if (line.waiting === 0) line.session.resume();
    }
    return EMPTY;
  }

  #read(line: Line): Observable<LineEvent> {
    const { link, session } = line;
    return concat(
      session.received.pipe(
        tap(() => {
          line.waiting += 1;
        }),
        concatMap((received) => this.#inTurn(line, received)),
      ),
      defer(() => of(endOf(link, true))),
    ).pipe(catchError((error: unknown) => from([...blame(session, error), endOf(link, false)])));
  }

  #inTurn(line: Line, { message }: Received): Observable<LineEvent> {
    const waits = !this.#gate.isOpen(line.link.id);
    if (waits) line.session.pause();
    return this.#gate.pass(line.link.id).pipe(
      concatMap(() => {
        line.waiting -= 1;
        // Without need it is not touched: a goodbye may be right behind, and the end of the connection.
        if (waits && !line.isHeld) line.session.resume();
        if (this.#lines.has(line.link.id)) return this.#hear(line, message);
        // Its connection is gone, and what its rows took is free already.
        this.#gate.spare();
        return EMPTY;
      }),
    );
  }

  /** @throws P2pError `protocol`, which ends the link. */
  #hear(line: Line, message: Message): readonly LineEvent[] {
    try {
      if (message.type === 'offer') return this.#judge(line, message);
    } catch (error) {
      this.#gate.spare();
      throw error;
    }
    this.#gate.spare();
    throw new P2pError('protocol', `it said ${message.type} on a link`);
  }

  #judge({ link, heard, session }: Line, offer: CataloguePage): readonly LineEvent[] {
    const { page, troubles } = heard.judge({
      fresh: offer.fresh,
      complete: offer.complete,
      changed: offer.changed,
      removed: offer.removed,
    });
    if (page.fresh) this.#voices.set(link.peerId, link.id);
    return [
      ...this.#tellPage(link.peerId, page),
      ...troubles.map(({ code, message }) =>
        troubleOf(code, `${session.peer.name} offers ${message}`),
      ),
    ];
  }

  /** A page that says nothing is not told: it would cost its sender less than us. */
  #tellPage(peerId: PeerId, page: CataloguePage): readonly LineEvent[] {
    const { fresh, complete, changed, removed } = page;
    if (fresh || complete || changed.length + removed.length > 0) {
      return [{ type: 'told', told: { type: 'offered', peerId, ...page } }];
    }
    this.#gate.spare();
    return [];
  }

  #forget({ id, peerId }: Link): void {
    this.#lines.get(id)?.heard.forget();
    this.#lines.delete(id);
    this.#adopted.delete(id);
    if (this.#voices.get(peerId) === id) this.#voices.delete(peerId);
  }
}

function endOf(link: Link, goodbye: boolean): LineEvent {
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

/** An IPv4 address, where a socket of both families says it as IPv6. */
function plainHost(host: string): string {
  return host.replace(/^::ffff:/, '');
}
