/** `p2p send PATH... --to PEER`: a peer that lives until the other side has it all, or will not. */
import { join } from 'node:path';
import { checkName } from '#src/domain/content/name.js';
import { EXIT, P2pError, toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type { Peer, Told } from '#src/peer/api.js';
import { checkPatterns } from '#src/peer/arguments.js';
import type { PeerRow, SendRow } from '#src/peer/rows.js';
import { sentPlace } from '#src/peer/sends/sent-places.js';
import { countText } from './amounts.js';
import { Deliveries, type Verdict } from './deliveries.js';
import { type Oneshot, runOneshot, type Scene } from './oneshot.js';
import { appeared } from './presence.js';
import { complain, type ProcessStreams } from './process-streams.js';
import type { PeerOptions } from './start.js';
import { keepInput, removeInput } from './stdin-file.js';
import { typedPath } from './typed-path.js';

export type SendOptions = PeerOptions & {
  readonly paths: readonly string[];
  /** To everybody where it is undefined. */
  readonly to: string | undefined;
  /** Patterns of what is left out of folders. */
  readonly exclude: readonly string[];
  /** What standard input is sent as. */
  readonly nameAs: string;
  /** How long others may be away; undefined where that does not matter. */
  readonly patienceMs: number | undefined;
};

/** As a path: what comes on standard input. */
const INPUT = '-';

const FAILED = 1;

const TOLD: ReadonlySet<Told['type']> = new Set<Told['type']>([
  'offer-answered',
  'send-paused',
  'send-offered',
  'send-skipped',
  'files-failed',
  'send-received',
  'hash-progress',
  'transfer',
  'actor-restarted',
  'notice',
  'error',
]);

/** Never rejects. @returns 0 once the other side has signed that all is there; see README for the others. */
export async function oneshotSend(options: SendOptions, streams: ProcessStreams): Promise<number> {
  try {
    checkPaths(options, streams);
  } catch (error) {
    complain(streams.stderr, error);
    return EXIT.usage;
  }
  const oneshot: Oneshot = {
    name: 'send',
    isCalled: false,
    isTyped: false,
    // Nothing is fetched: the user's own folder for downloads is not even made.
    own: ({ downloads }, data) => ({
      downloads: { ...downloads, folder: join(data, 'downloads'), resumeAtStart: false },
    }),
    tells: ({ type }) => TOLD.has(type),
    work: (scene) => work(options, scene),
  };
  return runOneshot(oneshot, options, streams);
}

/** Before anybody is waited for. @throws P2pError `usage`, `not-found`, `unreadable` */
function checkPaths({ paths, nameAs, exclude }: SendOptions, streams: ProcessStreams): void {
  if (paths.filter((path) => path === INPUT).length > 1) {
    throw new P2pError('usage', 'standard input can be sent once: give - once');
  }
  const own = paths.filter((path) => path !== INPUT);
  if (own.length > 0) sentPlace(own.map((path) => typedPath(path, streams)));
  checkPatterns(exclude);
  const verdict = checkName(nameAs, 'posix');
  if (verdict.kind !== 'ok' || nameAs.includes('/')) {
    throw new P2pError('usage', `--name-as takes the name of a file, not ${printable(nameAs)}`);
  }
}

async function work(options: SendOptions, scene: Scene): Promise<number> {
  try {
    const paths: string[] = [];
    for (const path of options.paths) {
      const isInput = path === INPUT;
      paths.push(isInput ? await keepInput(options.nameAs, scene) : typedPath(path, scene.streams));
    }
    const to = options.to === undefined ? undefined : await met(options.to, options, scene);
    return await sent(paths, to, options, scene);
  } finally {
    await removeInput(scene);
  }
}

async function met(word: string, { patienceMs }: SendOptions, scene: Scene): Promise<PeerRow> {
  const row = await appeared(word, scene, patienceMs);
  // Programs have heard of everybody; people hear of the one that is meant.
  if (!scene.isJson) scene.output.tell({ type: 'peer-up', ...row });
  return row;
}

async function sent(
  paths: readonly string[],
  to: PeerRow | undefined,
  { patienceMs, exclude }: SendOptions,
  scene: Scene,
): Promise<number> {
  const { peer, over } = scene;
  const deliveries = new Deliveries({ to: to?.peerId, patienceMs });
  const hearing = peer.events.subscribe((event) => deliveries.hear(event));
  try {
    const row = await Promise.race([over, peer.send(paths, { ...whom(to), exclude })]);
    if (to !== undefined && !isHere(to.peerId, peer)) deliveries.left(to.peerId);
    const [verdict] = await Promise.race([over, deliveries.ended([row.offerId])]);
    return codeOf(row, verdict, deliveries.lacking(row.offerId), scene);
  } finally {
    hearing.unsubscribe();
    deliveries.close();
    await takeBack(peer);
  }
}

/** Where he has left meanwhile it waits for his return, for as long as `Deliveries` does. */
function whom(to: PeerRow | undefined) {
  return to === undefined ? {} : { to: to.peerId, whenBack: true };
}

function isHere(peerId: PeerId, peer: Peer): boolean {
  return peer.peers().some((row) => row.peerId === peerId && row.state === 'up');
}

function codeOf(
  { name }: SendRow,
  verdict: Verdict | undefined,
  lacking: number,
  { output, streams }: Scene,
): number {
  if (verdict === 'received' && lacking === 0) return 0;
  output.end();
  if (verdict === 'received') {
    const files = countText(lacking, 'file');
    const why = `${printable(name)} came but for ${files} that changed or vanished meanwhile: send it again`;
    complain(streams.stderr, new Error(why));
    return FAILED;
  }
  const why = typeof verdict === 'object' ? verdict.why : 'nobody has taken it in time';
  complain(streams.stderr, new Error(`${printable(name)} was not sent: ${why}`));
  return verdict === 'nobody' ? EXIT.unavailable : FAILED;
}

/** What is open still ends with the command: nobody would be there to give it. */
async function takeBack(peer: Peer): Promise<void> {
  for (const { offerId, isOpen } of peer.sends()) {
    if (!isOpen) continue;
    await peer.cancel(offerId).catch((error: unknown) => {
      // It has ended in this moment, or the peer has.
      if (!['not-found', 'closed'].includes(toRecord(error).code)) throw error;
    });
  }
}
