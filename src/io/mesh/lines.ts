/** The connections behind the links: opens, holds and ends them as the rules of links say. */
import {
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
  type CatalogueRow,
  type RowKey,
} from '#src/domain/catalogue/catalogue.js';
import { Offering } from '#src/domain/catalogue/offering.js';
import type { Platform } from '#src/domain/content/name.js';
import { unmapped } from '#src/domain/discovery/nearness.js';
import type { P2pError } from '#src/domain/errors.js';
import type { Contact } from '#src/domain/mesh/membership-message.js';
import { LINK_TIMES } from '#src/domain/peers/links.js';
import type { Link, LinkId } from '#src/domain/peers/links-state.js';
import type { Session, Traffic } from '#src/io/net/session.js';
import type { DirectMessage } from '#src/wire/direct-message.js';
import type { Hello } from '#src/wire/hello.js';
import type { MeshMessage } from '#src/wire/mesh-message.js';
import { type Audience, endOf, type LineEvent, LineReader, newAudience } from './line-reader.js';
import { tellCatalogue } from './link.js';
import { RecentWords } from './recent-words.js';

/** A link with what it takes to keep it. */
type Line = {
  readonly link: Link;
  readonly session: Session;
  readonly reader: LineReader;
  readonly offering: Offering;
  readonly touched: Subject<void>;
};

export class Lines {
  readonly #catalogue: Catalogue = new Map();
  readonly #lines = new Map<LinkId, Line>();
  /** Lines that are or were read. */
  readonly #adopted = new Set<LinkId>();
  /** Lines on which our catalogue is told. */
  readonly #tellsTo = new Set<LinkId>();
  readonly #recent = new RecentWords();
  readonly #audience: Audience;
  #lastLink: LinkId = 0;

  /** @param rows what we offer at first. */
  constructor(rows: readonly CatalogueRow[], platform: Platform) {
    this.#audience = newAudience(platform);
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
      host: dialledHost ?? unmapped(session.remoteHost),
      port: session.peer.ports.mesh,
    };
    this.#lines.set(link.id, {
      link,
      session,
      reader: new LineReader(link, session, this.#audience),
      offering: new Offering(this.#catalogue),
      touched: new Subject(),
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

  /** Reads a link, and tells our catalogue to who is no guest (any more); one that was held is read on. */
  adopt(link: Link, isGuest: boolean): Observable<LineEvent> {
    const line = this.#lines.get(link.id);
    if (line === undefined) return of(endOf(link, false));
    if (this.#adopted.has(link.id)) {
      line.reader.readOn();
      return isGuest ? EMPTY : this.#tellAll(line);
    }
    this.#adopted.add(link.id);
    line.session.ping();
    this.#sayAgain(line);
    return merge(line.reader.read(), isGuest ? EMPTY : this.#tellAll(line));
  }

  /** What was said on the link before is lost where its peer had chosen this one already. */
  #sayAgain({ link, session }: Line): void {
    for (const message of this.#recent.of(link.peerId, performance.now())) {
      session.send({ type: 'direct', message });
    }
  }

  /** Once on each link. */
  #tellAll(line: Line): Observable<never> {
    if (this.#tellsTo.has(line.link.id)) return EMPTY;
    this.#tellsTo.add(line.link.id);
    return tellCatalogue(line.session, line.offering, line.touched);
  }

  /** Leaves a link unread for a while. */
  hold(link: Link): Observable<LineEvent> {
    this.#lines.get(link.id)?.reader.hold();
    return timer(LINK_TIMES.holdMs).pipe(
      map((): LineEvent => ({ type: 'link', event: { type: 'hold-expired', link } })),
    );
  }

  /** By what address its peer is dialled: never a name, which another machine may know otherwise. */
  contactOf({ id, peerId, port }: Link): Contact | undefined {
    const session = this.#lines.get(id)?.session;
    return session && { peerId, host: unmapped(session.remoteHost), port };
  }

  sessionOf(link: Link): Session | undefined {
    return this.#lines.get(link.id)?.session;
  }

  /** What was measured on a link. */
  trafficOf(link: Link): Traffic | undefined {
    return this.#lines.get(link.id)?.session.traffic;
  }

  /** Measures how long answers take on all links. */
  measure(): void {
    for (const { session } of this.#lines.values()) session.ping();
  }

  /** This machine's addresses as the links use them, the most used first. */
  get localHosts(): readonly string[] {
    const counts = new Map<string, number>();
    for (const { session } of this.#lines.values()) {
      const host = unmapped(session.localHost);
      if (host !== '') counts.set(host, (counts.get(host) ?? 0) + 1);
    }
    return [...counts].toSorted((one, other) => other[1] - one[1]).map(([host]) => host);
  }

  post(link: Link, message: MeshMessage): void {
    this.#lines.get(link.id)?.session.send({ type: 'mesh', message });
  }

  tell(link: Link, message: DirectMessage): void {
    this.#recent.said(link.peerId, message, performance.now());
    this.#lines.get(link.id)?.session.send({ type: 'direct', message });
  }

  /** Ends a link whose peer broke the protocol. */
  cut(link: Link, why: P2pError): void {
    this.#lines.get(link.id)?.session.destroy(why);
  }

  close(link: Link): void {
    this.#lines.get(link.id)?.session.close();
  }

  /** Ends a link whose peer has another. */
  drop(link: Link): void {
    this.#lines.get(link.id)?.session.end();
  }

  /** Ends a link for which there is no place. */
  turnOut(link: Link): void {
    const session = this.#lines.get(link.id)?.session;
    session?.send({ type: 'refused', reason: 'full' });
    session?.end();
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
    this.#audience.gate.taken();
  }

  /** Resolves once every connection is gone. */
  async closed(): Promise<void> {
    await Promise.all([...this.#lines.values()].map(({ session }) => session.closed));
  }

  #forget({ id, peerId }: Link): void {
    this.#lines.get(id)?.reader.forget();
    this.#lines.delete(id);
    const isLast = ![...this.#lines.values()].some(({ link }) => link.peerId === peerId);
    if (isLast) this.#recent.forget(peerId);
    this.#adopted.delete(id);
    this.#tellsTo.delete(id);
  }
}
