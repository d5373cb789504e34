/**
 * The others: whom discovery hears, whom the mesh reaches, what they offer. Carries out what the peer table
 * decides, and tells everybody who must know when somebody comes, goes or offers something else.
 */
import { Subject } from 'rxjs';
import { Directory } from '#src/domain/catalogue/directory.js';
import { parseHostPort } from '#src/domain/host-port.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Address } from '#src/domain/peers/peer-row.js';
import type { PeerLine } from '#src/domain/peers/peer-table.js';
import type { Effect } from '#src/domain/peers/peer-table-state.js';
import type { Profile } from '#src/domain/peers/profile.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Crew } from '#src/peer/crew.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import { HolderNews } from '#src/peer/shares/holder-news.js';
import type * as Discovery from '#workers/discovery.js';
import type * as Distributor from '#workers/distributor.js';
import type * as Mesh from '#workers/mesh.js';
import type * as Receiver from '#workers/receiver.js';
import { Adding } from './adding.js';
import { LinkedPeers, type Reach } from './linked-peers.js';
import { Needs } from './needs.js';
import { PeerTable } from './peer-table.js';
import { rememberAddress } from './remembering.js';
import { Strangers } from './strangers.js';

export class Neighbours {
  readonly directory = new Directory();
  /** Contents of which somebody now holds more or less, or can or cannot be reached any more. */
  readonly holdersChanged = new Subject<readonly ContentId[]>();
  /** All that are refused from now on, in place of those before. */
  readonly refused = new Subject<readonly PeerId[]>();
  readonly #holderNews: HolderNews;
  readonly #home: Home;
  readonly #crew: Crew;
  readonly #tell: (event: PeerEvent) => void;
  readonly #linked: LinkedPeers;
  readonly #adding: Adding;
  readonly #strangers: Strangers;
  readonly #needs = new Needs((event) => this.#table.step(event));
  readonly #table: PeerTable;
  #isClosed = false;

  constructor(home: Home, crew: Crew, tell: (event: PeerEvent) => void) {
    this.#home = home;
    this.#table = new PeerTable(home.settings.links.most, (effect) => this.#perform(effect));
    this.#crew = crew;
    this.#linked = new LinkedPeers((order) => crew.send('distributor', order));
    this.#tell = tell;
    this.#strangers = new Strangers(tell);
    this.#adding = new Adding((event) => this.#table.step(event));
    this.#holderNews = new HolderNews(this.directory, {
      distributor: (order) => crew.send('distributor', order),
      receiver: (order) => crew.send('receiver', order),
    });
  }

  /** Dials those given by hand and those known from before. */
  async begin(): Promise<void> {
    for (const address of this.#home.settings.peers) {
      const parsed = parseHostPort(address);
      if (parsed !== undefined) this.#table.step({ type: 'add', ...parsed });
    }
    const rows = await this.#home.database.all('peers');
    const peers = rows.map(([peerId, address]) => ({ peerId: peerId as PeerId, ...address }));
    this.#table.step({ type: 'remembered', peers });
  }

  hearDiscovery(said: Discovery.Out): void {
    if (this.#isClosed) return;
    if (said.type === 'peer-heard') this.#table.step({ ...said, type: 'heard' });
    if (said.type === 'peer-silent') this.#table.step({ ...said, type: 'silent' });
  }

  /** Somebody says that these may be there: each is tried a little, as those of last time are. */
  hint(peers: readonly (Address & { readonly peerId: PeerId })[]): void {
    if (!this.#isClosed) this.#table.step({ type: 'remembered', peers });
  }

  hearMesh(said: Mesh.Out): void {
    if (this.#isClosed) return;
    switch (said.type) {
      case 'link-up':
        return this.#linkUp(said);
      case 'link-down':
        return this.#linkDown(said);
      case 'dial-reached':
        return this.#table.step(said);
      case 'dial-failed':
        this.#strangers.unlinked(said);
        return this.#table.step({ ...said, code: said.error.code });
      case 'offered':
        return this.#take(said);
      default:
        // What is said over the links, and how they are measured, is heard elsewhere.
        return undefined;
    }
  }

  /** The mesh began a new life: all links are gone. */
  meshRestarted(): void {
    for (const peer of this.#linked.all) this.#forget(peer);
    this.#table.step({ type: 'mesh-restarted' });
  }

  /** Discovery began a new life: what it had heard is no news of anybody any more. */
  discoveryRestarted(): void {
    this.#table.step({ type: 'discovery-restarted' });
  }

  lines(): readonly PeerLine[] {
    return this.#table.lines();
  }

  /** How many are known, by announcements most often, and have no link with this peer. */
  get strangers(): number {
    return this.#table.strangers;
  }

  /** Where a peer was reached, or announces to be. */
  addressesOf(peer: PeerId): readonly Address[] {
    return this.#table.addressesOf(peer);
  }

  /** Whether it gets no link: it is blocked or banned. */
  isRefused(peer: PeerId): boolean {
    return this.#table.isRefused(peer);
  }

  /** What a linked peer says of itself now. */
  showProfile(peerId: PeerId, profile: Profile): void {
    this.#linked.rename(peerId, profile.name);
    this.#table.step({ type: 'profile', peerId, ...profile });
  }

  /** Whether somebody may be up in a moment. */
  get isSettling(): boolean {
    return this.#table.isSettling;
  }

  reach(peer: PeerId): Reach | undefined {
    return this.#linked.reach(peer);
  }

  /** Tells a distributor that starts anew who is there and what they hold. */
  distributorOrders(): readonly Distributor.In[] {
    return [...this.#linked.distributorOrders(), ...this.#holderNews.distributorOrders()];
  }

  /** What a receiver that starts anew is told: how widely each content is held. */
  receiverOrders(): readonly Receiver.In[] {
    return this.#holderNews.receiverOrders();
  }

  /** All that are refused now, in place of those before. */
  block(peerIds: readonly PeerId[]): void {
    this.refused.next(peerIds);
    this.#table.step({ type: 'blocked', peerIds });
  }

  /** All that are trusted now, in place of those before. */
  trust(peerIds: readonly PeerId[]): void {
    this.#table.step({ type: 'trusted', peerIds });
  }

  /** Whose links come before those of acquaintances. */
  get kept(): readonly PeerId[] {
    return this.#table.kept;
  }

  /**
   * A link to a peer is needed, and comes before those of acquaintances until what is returned is called.
   * @param address where it is dialled if it has no link, and its identity proven.
   */
  need(peer: PeerId, address?: Address): () => void {
    return this.#needs.begin(peer, address);
  }

  /** @throws P2pError `usage`, `unreachable`, `closed` */
  add(address: string): Promise<PeerId> {
    return this.#adding.add(address);
  }

  /** Links still end after this, by our own goodbye: that is no news of the others. */
  close(): void {
    this.#isClosed = true;
    this.#table.close();
    this.#holderNews.close();
    this.#adding.close();
  }

  #linkUp(said: Extract<Mesh.Out, { type: 'link-up' }>): void {
    this.directory.peerUp(said.peerId);
    this.#linked.up(said.peerId, said);
    this.#table.step(said);
  }

  #linkDown(said: Extract<Mesh.Out, { type: 'link-down' }>): void {
    this.#forget(said.peerId);
    this.#table.step(said);
  }

  /** Once for each link, by whomever its end is known first. */
  #forget(peer: PeerId): void {
    if (this.#linked.reach(peer) === undefined) return;
    this.#linked.down(peer);
    const ids = this.directory.peerDown(peer);
    this.#holderNews.peerDown(peer, ids);
    if (ids.length > 0) this.holdersChanged.next(ids);
  }

  #take(said: Extract<Mesh.Out, { type: 'offered' }>): void {
    const ids = this.directory.take(said.peerId, said);
    this.#holderNews.changed(said.peerId, ids);
    if (ids.length > 0) this.holdersChanged.next(ids);
    this.#table.step({ type: 'first-page', peerId: said.peerId });
    this.#crew.send('mesh', { type: 'taken' });
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'dial':
      case 'probe':
      case 'close-link':
      case 'keep':
        return this.#crew.send('mesh', effect);
      case 'peer-up':
        return this.#tell(effect);
      case 'peer-down':
        // What it shares is gone before anybody hears so. Another link that took over has told its own.
        if (effect.reason !== 'replaced') this.#forget(effect.peerId);
        return this.#tell(effect);
      case 'remember':
        return rememberAddress(this.#home.database, effect, (event) => this.#tell(event));
      case 'answer-add':
        return this.#adding.answer(effect);
      default:
        return unreachable(effect);
    }
  }
}
