/** `p2p receive`: a peer that waits for what others send, until it is stopped or, with `--once`, until one offer is there. */
import type { Settings } from '#config/load.js';
import { P2pError } from '#src/domain/errors.js';
import { unproven } from '#src/domain/send/inbox-policy.js';
import type { Told } from '#src/peer/api.js';
import { TrustList } from '#src/peer/trust/trust-list.js';
import { type Oneshot, runOneshot } from './oneshot.js';
import type { ProcessStreams } from './process-streams.js';
import { Receiving } from './receive-run.js';
import type { PeerOptions } from './start.js';
import { typedPath } from './typed-path.js';

export type ReceiveOptions = PeerOptions & {
  readonly once: boolean;
  /** Whose offers alone are taken or asked about; anybody's where it is undefined. */
  readonly from: string | undefined;
  /** The folder that it goes into; the inbox where it is undefined. */
  readonly to: string | undefined;
  /** How long somebody is waited for, and then an answer; without end where it is undefined. */
  readonly patienceMs: number | undefined;
};

const TOLD: ReadonlySet<Told['type']> = new Set<Told['type']>([
  'offer-accepted',
  'offer-completed',
  'offer-paused',
  'offer-withdrawn',
  'download-started',
  'download-progress',
  'download-waiting',
  'download-completed',
  'download-failed',
  'transfer',
  'actor-restarted',
  'notice',
  'error',
]);

/** Never rejects. @returns 0 with `--once` when it is there, 1 where it failed or nobody can say yes, 130 after Ctrl-C. */
export function oneshotReceive(options: ReceiveOptions, streams: ProcessStreams): Promise<number> {
  const { from, to, once } = options;
  const oneshot: Oneshot = {
    name: 'receive',
    isCalled: true,
    isTyped: true,
    own(settings) {
      requireSomebody(settings, options, streams);
      const whose = from === undefined ? {} : { from };
      const where = to === undefined ? {} : { folder: typedPath(to, streams) };
      return { inbox: { ...settings.inbox, ...whose, ...where, once } };
    },
    tells: (event) => isTold(event, from),
    async work(scene) {
      const trust = await TrustList.open(scene.data);
      requireProof(scene.settings, options, trust);
      return new Receiving(options, scene, trust).run();
    },
  };
  return runOneshot(oneshot, options, streams);
}

function isTold(event: Told, from: string | undefined): boolean {
  if (event.type === 'offer-received') return event.isTaken;
  // What is wrong with --from ends the command, which says so itself.
  const isOwn = from !== undefined && event.type === 'notice' && event.code === 'unproven';
  return TOLD.has(event.type) && !isOwn;
}

/** @throws P2pError `usage` where nobody could ever say yes */
function requireSomebody(
  { inbox }: Settings,
  { flags }: PeerOptions,
  { stdin }: ProcessStreams,
): void {
  if (inbox.accept !== 'ask' || flags['inbox.accept'] !== undefined || stdin.isTTY === true) return;
  throw new P2pError(
    'usage',
    'there is no terminal to ask on: --accept trusted or --accept all says what is taken, --accept ask reads y or n from standard input',
  );
}

/** @throws P2pError `usage` where what is taken unasked could be of anybody */
function requireProof({ inbox }: Settings, { from }: ReceiveOptions, { all }: TrustList): void {
  if (from === undefined || inbox.accept === 'ask') return;
  const names = all.flatMap(({ name, state }) => (state === 'trusted' ? [name] : []));
  const wrong = unproven(from, names);
  if (wrong !== undefined) throw new P2pError('usage', `--from ${wrong}`);
}
