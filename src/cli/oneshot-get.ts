/** `p2p get NAME|ID`: a peer that lives until something is fetched, or is not to be had. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { filter, firstValueFrom, merge, timer } from 'rxjs';
import { P2pError, toRecord } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import type { DownloadOptions, DownloadResult, Told } from '#src/peer/api.js';
import { DownloadError } from '#src/peer/downloads/download-error.js';
import { candidateLines } from './candidate-lines.js';
import { missedText } from './missed.js';
import { type Oneshot, runOneshot, type Scene } from './oneshot.js';
import { complain, type ProcessStreams } from './process-streams.js';
import type { PeerOptions } from './start.js';
import { typedPath } from './typed-path.js';

export type GetOptions = PeerOptions & {
  readonly what: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** How long it is looked for. */
  readonly patienceMs: number;
};

const FAILED = 1;

/** Somebody may begin to share it without coming anew; asking everybody so often is within what others answer. */
const LOOK_EVERY_MS = 2000;

const TOLD: ReadonlySet<Told['type']> = new Set<Told['type']>([
  'download-started',
  'download-progress',
  'download-waiting',
  'download-completed',
  'source-moved',
  'transfer',
  'actor-restarted',
  'notice',
  'error',
]);

/** Never rejects. @returns 0 once it is there, 1 where nobody has it or it failed, 130 after Ctrl-C. */
export async function oneshotGet(options: GetOptions, streams: ProcessStreams): Promise<number> {
  const oneshot: Oneshot = {
    name: 'get',
    isCalled: false,
    isTyped: false,
    own() {
      requireFolder(options, streams);
      return {};
    },
    tells: ({ type }) => TOLD.has(type),
    // One that was not found is looked for again: only the last word is one.
    holds: ({ type }) => type === 'download-failed',
    work: (scene) => work(options, scene),
  };
  return runOneshot(oneshot, options, streams);
}

/** Before anybody is asked for it. @throws P2pError `usage` */
function requireFolder({ to }: GetOptions, streams: ProcessStreams): void {
  if (to === undefined) return;
  const place = typedPath(to, streams);
  const folder = /[/\\]$/.test(place) ? place : dirname(place);
  if (existsSync(folder)) return;
  throw new P2pError(
    'usage',
    `--to: the folder ${printable(folder)} does not exist: make it first`,
  );
}

async function work(options: GetOptions, scene: Scene): Promise<number> {
  try {
    await fetched(options, scene);
    return 0;
  } catch (error) {
    // Not before it is known that it was not the end of all.
    await Promise.race([scene.over, Promise.resolve()]);
    if (!(error instanceof DownloadError)) throw error;
    return failed(options, error, scene);
  }
}

async function fetched(options: GetOptions, scene: Scene): Promise<DownloadResult> {
  const { peer, over } = scene;
  const until = performance.now() + options.patienceMs;
  const given = givenOf(options, scene);
  for (;;) {
    try {
      return await Promise.race([over, peer.download(options.what, given)]);
    } catch (error) {
      if (toRecord(error).code !== 'not-found' || performance.now() >= until) throw error;
    }
    const up = peer.events.pipe(filter(({ type }) => type === 'peer-up'));
    await Promise.race([over, firstValueFrom(merge(up, timer(LOOK_EVERY_MS)))]);
  }
}

function givenOf({ from, to }: GetOptions, { streams }: Scene): DownloadOptions {
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to: typedPath(to, streams) }),
  };
}

async function failed(
  options: GetOptions,
  { trouble: told }: DownloadError,
  { peer, isJson, output, streams }: Scene,
): Promise<number> {
  const name = options.what;
  const isMissed = told.code === 'not-found';
  const trouble = isMissed ? { ...told, message: await missedText(options, peer) } : told;
  if (isJson) output.tell({ type: 'download-failed', name, ...trouble });
  output.end();
  const lines = candidateLines(trouble.candidates ?? [], 'p2p get');
  complain(streams.stderr, new Error(`${printable(name)} was not fetched: ${trouble.message}`));
  if (!isJson && lines !== '') streams.stderr.write(`${lines.slice(1)}\n`);
  return FAILED;
}
