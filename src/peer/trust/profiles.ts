/**
 * How this peer and the others show themselves: ours is told to everybody who is linked as it changes, and to whoever
 * links later; theirs is taken as often as a person changes it. A name is kept for later starts.
 */
import type { PeerId } from '#src/domain/ids.js';
import {
  awayStatus,
  type Colour,
  checkedColour,
  checkedName,
  type Profile,
} from '#src/domain/peers/profile.js';
import { KeyedBuckets } from '#src/domain/rates/keyed-buckets.js';
import type { PeerEvent } from '#src/peer/events.js';
import { type Home, keepColour, keepName } from '#src/peer/home.js';
import type { NamedPeer } from '#src/peer/network/naming.js';
import type { Neighbours } from '#src/peer/network/neighbours.js';
import type * as Mesh from '#workers/mesh.js';

/** Of one peer. Each change is a line on somebody's screen, and a new name a write of the list of who is known. */
const RATE = { perSecond: 0.1, burst: 5 };
/** What came too fast is taken so much later, the last of it. */
const LATE_MS = 10_000;
/** Peers whose rate is followed, linked or not. */
const MOST_PEERS = 1024;

export type ProfilesParts = {
  readonly home: Pick<Home, 'self' | 'database' | 'colour'>;
  readonly neighbours: Pick<Neighbours, 'lines' | 'reach' | 'showProfile'>;
  readonly order: (order: Mesh.In) => void;
  /** One that comes under a new name. */
  readonly meet: (peer: NamedPeer) => void;
  readonly tell: (event: PeerEvent, ref?: string) => void;
};

export class Profiles {
  readonly #parts: ProfilesParts;
  readonly #rates = new KeyedBuckets<PeerId>(RATE, MOST_PEERS);
  /** What came too fast. */
  readonly #late = new Map<PeerId, Profile>();
  #status = '';
  /** Whether others may know another one than hello says. */
  #isChanged = false;
  #colour: Colour | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ProfilesParts) {
    this.#parts = parts;
    this.#colour = parts.home.colour;
    this.#isChanged = this.#colour !== undefined;
  }

  get own(): Profile {
    const colour = this.#colour;
    return {
      name: this.#parts.home.self.name,
      status: this.#status,
      ...(colour !== undefined && { colour }),
    };
  }

  /** Holds at once, and is kept for later starts that are given no name. @throws P2pError `usage`, `data-failed` */
  async rename(name: string, ref?: string): Promise<Profile> {
    const { home, order } = this.#parts;
    home.self.name = checkedName(name);
    order({ type: 'rename', name });
    this.#changed(ref);
    await keepName(home.database, name);
    return this.own;
  }

  /** Holds at once, and at later starts. @param word `none` for none. @throws P2pError `usage`, `data-failed` */
  async recolour(word: string, ref?: string): Promise<Profile> {
    this.#colour = checkedColour(word);
    this.#changed(ref);
    await keepColour(this.#parts.home.database, this.#colour);
    return this.own;
  }

  /** @param why undefined: the user is back. @throws P2pError `usage` */
  setAway(why: string | undefined, ref?: string): Profile {
    this.#status = why === undefined ? '' : awayStatus(why);
    this.#changed(ref);
    return this.own;
  }

  linked(peer: PeerId): void {
    if (this.#isChanged) this.#send(peer);
  }

  unlinked(peer: PeerId): void {
    this.#late.delete(peer);
  }

  /** What a linked peer says of itself. */
  hear(peer: PeerId, profile: Profile): void {
    if (!this.#rates.take(peer, performance.now())) {
      this.#late.set(peer, profile);
      this.#timer ??= setTimeout(() => this.#catchUp(), LATE_MS).unref();
      return;
    }
    this.#late.delete(peer);
    this.#show(peer, profile);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #show(peer: PeerId, { name, status, colour }: Profile): void {
    const { neighbours, meet, tell } = this.#parts;
    const before = neighbours.lines().find(({ peerId }) => peerId === peer);
    if (before === undefined || neighbours.reach(peer) === undefined) return;
    const isSame = before.status === (status || undefined) && before.colour === colour;
    if (before.name === name && isSame) return;
    const profile = { name, status, ...(colour !== undefined && { colour }) };
    neighbours.showProfile(peer, profile);
    tell({ type: 'peer-changed', peerId: peer, ...profile });
    if (before.name !== name) meet({ ...before, name });
  }

  #catchUp(): void {
    this.#timer = undefined;
    const late = [...this.#late];
    this.#late.clear();
    for (const [peer, profile] of late) this.hear(peer, profile);
  }

  #changed(ref: string | undefined): void {
    const { neighbours, home, tell } = this.#parts;
    this.#isChanged = true;
    for (const { peerId } of neighbours.lines()) {
      if (neighbours.reach(peerId) !== undefined) this.#send(peerId);
    }
    tell({ type: 'peer-changed', peerId: home.self.peerId, ...this.own }, ref);
  }

  #send(peerId: PeerId): void {
    this.#parts.order({ type: 'tell', peerId, message: { type: 'profile', ...this.own } });
  }
}
