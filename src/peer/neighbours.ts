/**
 * The others: whom discovery hears, whom the mesh reaches, what they offer. Carries out what the peer table
 * decides, and tells everybody who must know when somebody comes, goes or offers something else.
 */
import { Subject } from 'rxjs';
import { nextDueAt } from '#src/domain/dial-plan.js';
import { Directory } from '#src/domain/directory.js';
import { hostPortText, parseHostPort } from '#src/domain/host-port.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { isSettling, type PeerLine, peerLines, stepPeerTable } from '#src/domain/peer-table.js';
import { type Effect, EMPTY_TABLE, type Event, type Table } from '#src/domain/peer-table-state.js';
import type { Ports } from '#src/domain/ports.js';
import { unreachable } from '#src/domain/unreachable.js';
import { REMEMBERED_PEERS } from '#src/io/database.js';
import type * as Discovery from '#workers/discovery.js';
import type * as Distributor from '#workers/distributor.js';
import type * as Mesh from '#workers/mesh.js';
import type * as Receiver from '#workers/receiver.js';
import { Adding } from './adding.js';
import type { Crew } from './crew.js';
import type { PeerEvent } from './events.js';
import { HolderNews } from './holder-news.js';
import type { Home } from './home.js';

/** Where a linked peer can be asked for content. */
export type Reach = {
  readonly host: string;
  readonly ports: Ports;
  readonly name: string;
  readonly features: readonly string[];
};

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
  readonly #reach = new Map<PeerId, Reach>();
  readonly #adding: Adding;
  readonly #toldStrangers = new Set<string>();
  #table: Table = EMPTY_TABLE;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(home: Home, crew: Crew, tell: (event: PeerEvent) => void) {
    this.#home = home;
    this.#crew = crew;
    this.#tell = tell;
    this.#adding = new Adding((event) => this.#step(event));
    this.#holderNews = new HolderNews(this.directory, {
      distributor: (order) => crew.send('distributor', order),
      receiver: (order) => crew.send('receiver', order),
    });
  }

  /** Dials those given by hand and those known from before. */
  async begin(): Promise<void> {
    for (const address of this.#home.settings.peers) {
      const parsed = parseHostPort(address);
      if (parsed !== undefined) this.#step({ type: 'add', ...parsed });
    }
    const rows = await this.#home.database.all('peers');
    const peers = rows.map(([peerId, address]) => ({ peerId: peerId as PeerId, ...address }));
    this.#step({ type: 'remembered', peers });
  }

  hearDiscovery(said: Discovery.Out): void {
    if (this.#isClosed) return;
    if (said.type === 'peer-heard') this.#step({ ...said, type: 'heard' });
    if (said.type === 'peer-silent') this.#step({ ...said, type: 'silent' });
  }

  hearMesh(said: Mesh.Out): void {
    if (this.#isClosed) return;
    switch (said.type) {
      case 'link-up':
        return this.#linkUp(said);
      case 'link-down':
        return this.#linkDown(said);
      case 'dial-reached':
        return this.#step(said);
      case 'dial-failed':
        this.#tellStranger(said);
        return this.#step({ ...said, code: said.error.code });
      case 'offered':
        return this.#take(said);
      case 'listening':
      case 'trouble':
      case 'neighbour-up':
      case 'neighbour-down':
      case 'standing-changed':
      case 'message-heard':
      case 'direct-heard':
      case 'tell-heard':
        return undefined;
      default:
        return unreachable(said);
    }
  }

  /** The mesh began a new life: all links are gone. */
  meshRestarted(): void {
    for (const peer of this.#reach.keys()) this.#forget(peer);
    this.#step({ type: 'mesh-restarted' });
  }

  /** Discovery began a new life: what it had heard is no news of anybody any more. */
  discoveryRestarted(): void {
    this.#step({ type: 'discovery-restarted' });
  }

  lines(): readonly PeerLine[] {
    return peerLines(this.#table);
  }

  /** Whether somebody may be up in a moment. */
  get isSettling(): boolean {
    return isSettling(this.#table);
  }

  reach(peer: PeerId): Reach | undefined {
    return this.#reach.get(peer);
  }

  /** Tells a distributor that starts anew who is there and what they hold. */
  distributorOrders(): readonly Distributor.In[] {
    const ups = [...this.#reach].map(
      ([peerId, { host, ports }]) =>
        ({ type: 'peer-up', peerId, host, port: ports.receiver }) as const,
    );
    return [...ups, ...this.#holderNews.distributorOrders()];
  }

  /** What a receiver that starts anew is told: how widely each content is held. */
  receiverOrders(): readonly Receiver.In[] {
    return this.#holderNews.receiverOrders();
  }

  /** All that are refused now, in place of those before. */
  block(peerIds: readonly PeerId[]): void {
    this.refused.next(peerIds);
    this.#step({ type: 'blocked', peerIds });
  }

  /** @throws P2pError `usage`, `unreachable`, `closed` */
  add(address: string): Promise<PeerId> {
    return this.#adding.add(address);
  }

  /** Links still end after this, by our own goodbye: that is no news of the others. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#holderNews.close();
    this.#adding.close();
  }

  /** Somebody is there whom we cannot talk to: the user is told once, with both versions, or that it is in another network. */
  #tellStranger({ host, port, error }: Extract<Mesh.Out, { type: 'dial-failed' }>): void {
    const where = hostPortText({ host, port });
    const isNews = error.code === 'version' || error.code === 'network';
    if (!isNews || this.#toldStrangers.has(where)) return;
    this.#toldStrangers.add(where);
    const message = error.code === 'version' ? `${where}: ${error.message}` : error.message;
    this.#tell({ type: 'notice', code: error.code, message });
  }

  #linkUp(said: Extract<Mesh.Out, { type: 'link-up' }>): void {
    this.directory.peerUp(said.peerId);
    this.#reach.set(said.peerId, said);
    const { peerId, host, ports } = said;
    this.#crew.send('distributor', { type: 'peer-up', peerId, host, port: ports.receiver });
    this.#step(said);
  }

  #linkDown(said: Extract<Mesh.Out, { type: 'link-down' }>): void {
    this.#forget(said.peerId);
    this.#step(said);
  }

  #forget(peer: PeerId): void {
    this.#reach.delete(peer);
    this.#crew.send('distributor', { type: 'peer-down', peerId: peer });
    const ids = this.directory.peerDown(peer);
    this.#holderNews.peerDown(peer, ids);
    if (ids.length > 0) this.holdersChanged.next(ids);
  }

  #take(said: Extract<Mesh.Out, { type: 'offered' }>): void {
    const ids = this.directory.take(said.peerId, said);
    this.#holderNews.changed(said.peerId, ids);
    if (ids.length > 0) this.holdersChanged.next(ids);
    this.#step({ type: 'first-page', peerId: said.peerId });
    this.#crew.send('mesh', { type: 'taken' });
  }

  #step(event: Event): void {
    const { state, effects } = stepPeerTable(this.#table, event, performance.now(), Math.random());
    this.#table = state;
    for (const effect of effects) this.#perform(effect);
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    const due = nextDueAt(this.#table);
    if (due === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(
      () => this.#step({ type: 'tick' }),
      Math.max(1, due - performance.now()),
    );
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'dial':
      case 'probe':
      case 'close-link':
        return this.#crew.send('mesh', effect);
      case 'peer-up':
      case 'peer-down':
        return this.#tell(effect);
      case 'remember':
        return this.#remember(effect.peerId, effect.host, effect.port);
      case 'answer-add':
        return this.#adding.answer(effect);
      default:
        return unreachable(effect);
    }
  }

  #remember(peerId: PeerId, host: string, port: number): void {
    const { database } = this.#home;
    const write = async () => {
      await database.put('peers', peerId, { host, port, at: Date.now() });
      const rows = await database.all('peers');
      const oldestFirst = rows.toSorted((left, right) => left[1].at - right[1].at);
      const surplus = Math.max(0, rows.length - REMEMBERED_PEERS);
      for (const [old] of oldestFirst.slice(0, surplus)) await database.remove('peers', old);
    };
    write().catch((error: Error) =>
      this.#tell({
        type: 'notice',
        code: 'data-failed',
        message: `An address could not be remembered: ${error.message}`,
      }),
    );
  }
}
