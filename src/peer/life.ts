/** One peer's beginning and its end, however that comes: what is started and stopped, and in which order. */
import { Subscription } from 'rxjs';
import { threadFile } from '#src/actor/thread-file.js';
import { EXIT } from '#src/domain/errors.js';
import { unproven } from '#src/domain/send/inbox-policy.js';
import { solitude } from '#src/peer/network/solitude.js';
import { closed, databaseError } from '#src/peer/shares/share-news.js';
import { sweepHome } from '#src/peer/shares/sweep.js';
import { enforceBans, refusedPeers } from '#src/peer/trust/court.js';
import { endingError, inOrder } from './ending.js';
import type { Parts } from './parts.js';
import { allListening } from './starting.js';
import { tellFacts } from './supervision-facts.js';
import { wire } from './wiring.js';

export class Life {
  readonly closed: Promise<number>;
  readonly startedAt = performance.now();
  readonly #parts: Parts;
  #resolveClosed: (code: number) => void = () => undefined;
  #closing: Promise<number> | undefined;
  #unwire: () => void = () => undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  async begin(): Promise<void> {
    const { home, crew, outlet, pool, neighbours } = this.#parts;
    const { sharing, received, downloads, offers, announced, privateTalk } = this.#parts;
    const { discovery, downloads: places, trackers } = home.settings;
    const alone = this.#wire();
    const listening = allListening(crew, home.settings);
    await sweepHome(home);
    // Before anybody can be heard: who is refused is not dialled even once.
    neighbours.block(refusedPeers(this.#parts));
    neighbours.trust(this.#parts.trust.trusted);
    // What was offered and accepted before is not new to us when its sender links.
    await offers.read();
    crew.begin();
    await listening;
    announced.is = true;
    this.#tellReady();
    if (discovery.enabled) crew.send('discovery', { type: 'begin' });
    if (trackers.length > 0) crew.send('tracker-client', { type: 'begin' });
    pool.warm(threadFile('request'));
    await neighbours.begin();
    await privateTalk.begin();
    alone.add(solitude(neighbours, discovery.port).subscribe((event) => outlet.tell(event)));
    sharing.begin();
    await downloads.begin(places.resumeAtStart);
    offers.begin();
    // Looks at files, in its own time: nobody waits for it.
    received.begin().catch((error: Error) => outlet.tell(databaseError(error)));
  }

  /** Has everybody hear whom he is to hear. @returns what ends with that. */
  #wire(): Subscription {
    const { bans, crew, outlet, stopping } = this.#parts;
    stopping.obey = () => void this.close(0);
    const tell = outlet.tell.bind(outlet);
    const wiring = wire({ ...this.#parts, tell });
    const facts = tellFacts(crew, tell, (why) => this.#giveUp(why));
    const unwatchBans = bans.watch(() => enforceBans(this.#parts));
    const further = new Subscription();
    this.#unwire = () => {
      unwatchBans();
      further.unsubscribe();
      wiring.unsubscribe();
      facts.unsubscribe();
    };
    return further;
  }

  #tellReady(): void {
    const { home, outlet, page } = this.#parts;
    outlet.tell({ type: 'ready', ...aboutSelf(this.#parts) });
    page.ready();
    for (const notice of home.notices) outlet.tell({ type: 'notice', ...notice });
    this.#tellUnproven();
  }

  /** A setting by which nothing is taken, as it could be anybody's name: he may be trusted later. */
  #tellUnproven(): void {
    const { home, trust, outlet } = this.#parts;
    const { accept, from } = home.settings.inbox;
    if (accept === 'ask' || from === null) return;
    const names = trust.all.flatMap(({ name, state }) => (state === 'trusted' ? [name] : []));
    const wrong = unproven(from, names);
    if (wrong === undefined) return;
    outlet.tell({ type: 'notice', code: 'unproven', message: `inbox.from: ${wrong}` });
  }

  /** @throws P2pError `closed` */
  requireOpen(): void {
    if (this.#closing !== undefined) throw closed();
  }

  /** Says goodbye and stops everything, once. */
  close(code: number): Promise<number> {
    this.#closing ??= this.#close(code);
    return this.#closing;
  }

  async #close(code: number): Promise<number> {
    const { home, crew, pool, outlet, library, lookup } = this.#parts;
    const { neighbours, queries, answering, conversation, privateTalk } = this.#parts;
    const { sharing, downloads, offers, stopping, limits } = this.#parts;
    const steps = [
      () => crew.send('web', { type: 'stop-listening', exitCode: code }),
      () => limits.close(),
      () => stopping.close(),
      () => queries.close(),
      () => answering.close(),
      () => lookup.close(),
      () => sharing.close(),
      () => neighbours.close(),
      () => offers.beginClosing(),
      () => downloads.close(),
      () => offers.close(),
      () => crew.stop('web'),
      () => conversation.close(),
      () => privateTalk.close(),
      () => library.close(),
      () => pool.close(),
      () => home.database.close(),
      // Whoever asked there for the end is answered by it: the data folder is free now.
      () => crew.stop(),
      () => this.#unwire(),
    ];
    await inOrder(steps, (error) => outlet.tell(endingError(error)));
    outlet.tell({ type: 'bye', exitCode: code });
    outlet.close();
    this.#resolveClosed(code);
    return code;
  }

  #giveUp(why: string): void {
    const message = `The peer stops: ${why}`;
    this.#parts.outlet.tell({ type: 'error', code: 'gave-up', message });
    void this.close(EXIT.software);
  }
}

/** What a peer says of itself, first with `ready`. */
export function aboutSelf({ home }: Parts) {
  const { self, settings } = home;
  const { peerId, name, ports } = self;
  return {
    peerId,
    name,
    host: settings.host,
    ports: { ...ports, discovery: settings.discovery.port },
    private: settings.network.key !== null,
  };
}
