/** What the page knows of its peer: read once the events flow, fed by them, and read anew where some were missed. */
import type { PeerId } from '#src/domain/ids.js';
import type { Told } from '#src/peer/api.js';
import type { MessageRow, Topology, Verified } from '#src/peer/rows.js';
import type { AnswerTo, Ask, AskedId, AskedInput, Overview, Self } from '#web/api/answers.js';
import type { StreamEvent, StreamListener } from '#web/api/event-stream.js';
import { AskError, failureOf } from '#web/api/failure.js';
import { aboutOf, type Trouble } from './about.js';
import { AskedTogether } from './asked-together.js';
import { Cell } from './cell.js';
import { type Connection, endsIt, stepConnection } from './connection.js';
import { Fed } from './fed.js';
import { connectedAgain, type Journal, stepJournal } from './journal.js';
import {
  type ConversationId,
  earlierThan,
  isShort,
  type Messages,
  messagesFrom,
  NO_MESSAGES,
  opened,
  said,
  stepMessages,
  withEarlier,
} from './messages.js';
import { movesShares, movesTopology } from './moves.js';
import { type Offers, stepOffers, without } from './offers.js';
import { NO_PEERS, type Peers, stepPeers } from './peers.js';
import type { View } from './place.js';
import { offersOf, peersOf, readEarlier, readPeers, readShares, transfersOf } from './readings.js';
import type { Shares } from './shares.js';
import { NO_TRANSFERS, stepTransfers, type Transfers } from './transfers.js';

/** The network is asked for its topology at most at each so manieth look: every peer answers. */
const LOOKS_A_SURVEY = 4;

export class Session implements StreamListener {
  readonly connection = new Cell<Connection>('connecting');
  /** Everything has been read once; shares only where they are looked at, as there may be thousands. */
  readonly isReady = new Cell(false);
  readonly self = new Fed<Self | undefined>(undefined);
  readonly peers = new Fed<Peers>(NO_PEERS, stepPeers);
  readonly messages: Fed<Messages>;
  readonly shares = new Fed<Shares>([]);
  readonly transfers = new Fed<Transfers>(NO_TRANSFERS, stepTransfers);
  readonly offers = new Fed<Offers>([], stepOffers);
  readonly topology = new Fed<Topology | undefined>(undefined);
  readonly journal: Fed<Journal>;
  /** Each as it comes, for what is said aloud. */
  readonly told = new Cell<readonly Told[]>([]);
  /** What failed last, and what it was about; undefined where that was seen. */
  readonly trouble = new Cell<Trouble | undefined>(undefined);
  /** Words to compare, which somebody waits for. */
  readonly verification = new Cell<Verified | undefined>(undefined);
  /** How far the topology is looked at. */
  reach: AskedInput<'getTopology'> = {};
  readonly ask: Ask;
  readonly #overview: AskedTogether<Overview>;
  readonly #now: () => number;
  #view: View | undefined;
  #looks = 0;
  #readsEarlier = false;

  /** @param now milliseconds since 1970. */
  constructor(ask: Ask, now: () => number) {
    this.ask = ask;
    this.#overview = new AskedTogether(() => ask('getOverview', {}));
    this.#now = now;
    this.messages = new Fed(NO_MESSAGES, (messages, event) =>
      stepMessages(messages, event, this.selfId),
    );
    this.journal = new Fed<Journal>([], (journal, event) => stepJournal(journal, event, now()));
  }

  get selfId(): PeerId {
    // Nobody has this one: until the peer has said its own, no message is its own.
    return this.self.value?.peerId ?? ('' as PeerId);
  }

  opened(begin: Overview): void {
    if (this.connection.value === 'ended') return;
    if (['lost', 'hidden'].includes(this.connection.value)) {
      this.journal.set(connectedAgain(this.journal.value, this.#now()));
    }
    this.#connect('opened');
    this.#overview.put(begin);
    void this.#guarded(() => this.#readAll());
  }

  lost(why: 'gone' | 'refused' | 'hidden'): void {
    this.#connect(why);
  }

  heard(events: readonly StreamEvent[]): void {
    const told = events.filter((event): event is Told => event.type !== 'missed');
    for (const fed of [this.peers, this.messages, this.transfers, this.offers, this.journal]) {
      fed.hear(told);
    }
    this.told.set(told);
    for (const event of told) if (event.type === 'verify') this.verification.set(event);
    if (told.some(({ type }) => type === 'bye')) return this.#connect('ended');
    if (told.length < events.length) void this.#guarded(() => this.#readAll());
    else void this.#guarded(() => this.#follow(told));
  }

  /** The user sees this one from now on. */
  lookAt(view: View): void {
    this.#view = view;
    if (this.connection.value !== 'live') return;
    if (view === 'peers' || view === 'topology') void this.#guarded(() => this.#survey());
    if (view === 'shares') void this.#guarded(() => this.#readShares());
  }

  /** Now and then, for what no event tells: round-trips, what others share, who left the table. */
  look(): Promise<void> {
    this.#looks += 1;
    const isTurn = this.#view === 'topology' && this.#looks % LOOKS_A_SURVEY === 0;
    return this.#guarded(async () => {
      await Promise.all([
        this.#readSelf(),
        this.#readPeers(),
        ...(this.#view === 'shares' ? [this.#readShares()] : []),
        ...(isTurn ? [this.#survey()] : []),
      ]);
    });
  }

  /** @returns the answer; undefined where it failed, which is shown. */
  async do<Id extends AskedId>(id: Id, input: AskedInput<Id>): Promise<AnswerTo<Id> | undefined> {
    try {
      const answer = await this.ask(id, input);
      this.trouble.set(undefined);
      if (endsIt(id)) this.#connect('ended');
      return answer;
    } catch (error) {
      this.trouble.set({ ...failureOf(error), about: aboutOf(input, this) });
      return undefined;
    }
  }

  /** Done to peers, which no event tells in all. */
  async doToPeer<Id extends AskedId>(id: Id, input: AskedInput<Id>) {
    const answer = await this.do(id, input);
    await this.#guarded(() => this.#readPeers());
    return answer;
  }

  /** @returns whether it is said, or waits for its peer. */
  async say(to: ConversationId, text: string): Promise<boolean> {
    const row: MessageRow | undefined =
      to === 'all'
        ? await this.do('say', { text })
        : await this.do('tell', { peer: to, text, whenBack: true });
    if (row !== undefined) this.messages.set(said(this.messages.value, row, this.selfId));
    return row !== undefined;
  }

  openConversation(id: ConversationId | undefined): void {
    this.messages.set(opened(this.messages.value, id));
    if (id !== undefined && isShort(this.messages.value, id)) void this.readEarlier(id);
  }

  /** What was said before all that is known, one part at a time. */
  readEarlier(id: ConversationId): Promise<void> {
    const asked = earlierThan(this.messages.value, id);
    if (asked === undefined || this.#readsEarlier || !this.isReady.value) return Promise.resolve();
    this.#readsEarlier = true;
    return this.#guarded(async () => {
      const { rows, isAll } = await readEarlier(this.ask, asked);
      this.messages.set(withEarlier(this.messages.value, id, rows, isAll));
    }).finally(() => {
      this.#readsEarlier = false;
    });
  }

  async answerOffer<Id extends 'acceptOffer' | 'rejectOffer'>(id: Id, answer: AskedInput<Id>) {
    if ((await this.do(id, answer)) === undefined) return;
    this.offers.set(without(this.offers.value, answer.offer));
  }

  #connect(what: Parameters<typeof stepConnection>[1]): void {
    this.connection.set(stepConnection(this.connection.value, what));
  }

  async #readAll(): Promise<void> {
    const isFirst = !this.isReady.value;
    await Promise.all([
      this.#readOverview(isFirst),
      ...(this.#view === 'shares' ? [this.#readShares()] : []),
    ]);
    this.isReady.set(true);
    if (this.#view !== undefined) this.lookAt(this.#view);
    // Nobody waits for them, and whoever turns to them finds them there.
    if (this.#view !== 'shares') await this.#readShares();
  }

  async #readOverview(isFirst: boolean): Promise<void> {
    const { ask } = this;
    const overview = () => this.#overview.get();
    await Promise.all([
      this.self.read(async () => (await overview()).status),
      this.peers.read(async () => peersOf(ask, await overview())),
      this.transfers.read(async () => transfersOf(ask, await overview())),
      this.offers.read(async () => offersOf(ask, await overview())),
      this.messages.read(async (before) => {
        const { messages, status } = await overview();
        const read = messagesFrom(before, messages, status.peerId, isFirst);
        // Another conversation may have been opened meanwhile.
        return opened(read, this.messages.value.open);
      }),
    ]);
  }

  async #follow(told: readonly Told[]): Promise<void> {
    await Promise.all([
      ...(this.#view === 'shares' && movesShares(told) ? [this.#readShares()] : []),
      ...(this.#view === 'topology' && movesTopology(told) ? [this.#survey()] : []),
      ...(told.some(({ type }) => type === 'peer-changed') ? [this.#readSelf()] : []),
    ]);
  }

  #readSelf(): Promise<void> {
    return this.self.read(() => this.ask('getStatus', {}));
  }

  #readPeers(): Promise<void> {
    return this.peers.read(() => readPeers(this.ask));
  }

  #readShares(): Promise<void> {
    return this.shares.read((before) => readShares(this.ask, before));
  }

  #survey(): Promise<void> {
    return this.topology.read(() => this.ask('getTopology', this.reach));
  }

  /** A peer that is gone is shown by the stream of events, one that was asked too often is asked again. */
  async #guarded(read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      if (['gone', 'token', 'limit'].includes(error.code)) return;
      this.trouble.set({ ...failureOf(error), about: '' });
    }
  }
}
