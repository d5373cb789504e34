/**
 * Stops the peers of a private network on the word of one of them. Each decides for itself (`domain/query/remote-stop.ts`), and
 * goes on for a moment to pass the word on.
 */
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { StopHeard } from '#src/domain/mesh/said-news.js';
import { obeysStop } from '#src/domain/query/remote-stop.js';
import { type Bucket, type Rate, takeToken } from '#src/domain/rates/token-bucket.js';
import type { Crew } from '#src/peer/crew.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';

/** The mesh answers at once; while it is being restarted it takes a second or two. */
const ASK_MS = 10_000;

/** In which a message is brought to those too who lost the peer that would have: they ask after 50 ms, and again. */
const SPREAD_MS = 1000;

/** Anybody can ask, under as many keys as he likes: that is no reason for as many lines. */
const TOLD: Rate = { perSecond: 1 / 60, burst: 5 };

/** The row of the database that says when the last one was sent that was obeyed. */
const OBEYED = 'obeyed-stop';

type Options = {
  readonly home: Home;
  readonly crew: Pick<Crew, 'send'>;
  readonly isBlocked: (peer: PeerId) => boolean;
  readonly tell: (event: PeerEvent) => void;
};

export class Stopping {
  /** Ends this peer; set by whoever can. */
  obey: () => void = () => undefined;
  readonly #options: Options;
  readonly #startedAt = Date.now();
  #told: Bucket | undefined;
  #asked: ((error?: P2pError) => void) | undefined;
  #isEnding = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Resolves once it has been said and had its time to spread. @throws P2pError `usage`, `timed-out`, `closed` */
  async ask(): Promise<void> {
    const { home, crew } = this.#options;
    if (home.settings.network.key === null) {
      throw new P2pError(
        'usage',
        '`stop --network` works in a private network alone, and this peer has no network key; `stop` stops this peer',
      );
    }
    if (this.#asked !== undefined) throw new P2pError('usage', 'the network is being stopped');
    await this.#said(() => crew.send('mesh', { type: 'pass', word: { kind: 'stop' } }));
    await spread();
  }

  /** One that the mesh heard, ours too. */
  hear(heard: StopHeard): void {
    if (heard.author === this.#options.home.self.peerId) this.#asked?.();
    else if (!this.#isEnding) void this.#judge(heard);
  }

  close(): void {
    this.#asked?.(new P2pError('closed', 'the peer has ended'));
  }

  #said(send: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = () => new P2pError('timed-out', 'the mesh is restarting: nobody was asked');
      const timer = setTimeout(() => this.#asked?.(late()), ASK_MS);
      this.#asked = (error) => {
        clearTimeout(timer);
        this.#asked = undefined;
        if (error === undefined) resolve();
        else reject(error);
      };
      send();
    });
  }

  async #judge({ author, name, sentAt }: StopHeard): Promise<void> {
    const { home, isBlocked, tell } = this.#options;
    const { network, mesh } = home.settings;
    try {
      const rules = {
        isPrivate: network.key !== null,
        isAllowed: mesh.allowRemoteStop,
        startedAt: this.#startedAt,
        lastSentAt: (await home.database.get('counts', OBEYED))?.epoch ?? 0,
      };
      const asked = { sentAt, isBlocked: isBlocked(author) };
      const obeyed = obeysStop(asked, rules, Date.now());
      // Another one may have come first.
      if (this.#isEnding || asked.isBlocked || (!obeyed && !this.#mayTell())) return;
      if (obeyed) {
        this.#isEnding = true;
        // Before it is obeyed: after the next start it must not count again.
        await home.database.put('counts', OBEYED, { epoch: sentAt, sequence: 0 });
      }
      tell({ type: 'stop-requested', from: author, name, obeyed });
      if (!obeyed) return;
    } catch (error) {
      this.#isEnding = false;
      const message = `A stop was not obeyed, as it could not be written down: ${(error as Error).message}`;
      return tell({ type: 'error', code: 'data-failed', message });
    }
    await spread();
    this.obey();
  }

  #mayTell(): boolean {
    const left = takeToken(this.#told, TOLD, performance.now());
    this.#told = left ?? this.#told;
    return left !== undefined;
  }
}

function spread(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, SPREAD_MS));
}
