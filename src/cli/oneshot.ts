/**
 * A peer for the time of one command. It takes the settings of `start`, but shares nothing and gives nothing away, and it has
 * a data folder of its own, so that it runs beside a peer with the same settings and is the same one each time.
 */
import { mkdir } from 'node:fs/promises';
import { defaultName, type Settings, withSettings } from '#config/load.js';
import { P2pError, toRecord } from '#src/domain/errors.js';
import { nameOfCommand } from '#src/domain/peers/profile.js';
import type { Peer, Told } from '#src/peer/api.js';
import { forgetEarlier, oneshotFolder } from '#src/peer/oneshot-home.js';
import type { Output } from './answer.js';
import { exitCodeOf } from './exit-code.js';
import { complain, type ProcessStreams } from './process-streams.js';
import { EXIT_ABORTED, type Signal } from './session-state.js';
import { outputFor, type PeerOptions, settingsOf } from './start.js';

/** Commands of one kind at the same time: each has an identity of its own, and few scripts run as many. */
const MOST_AT_ONCE = 16;

/** The folder holds a key. */
const PRIVATE = 0o700;

/** What a command works with while its peer runs. */
export type Scene = {
  readonly peer: Peer;
  readonly output: Output;
  readonly streams: ProcessStreams;
  readonly isJson: boolean;
  readonly settings: Settings;
  /** Of this peer alone while it runs. */
  readonly data: string;
  /** Rejects once the user stops it, or the peer has ended by itself. */
  readonly over: Promise<never>;
};

export type Oneshot = {
  readonly name: 'send' | 'receive' | 'get';
  /** What it sets in place of what was given. @throws P2pError `usage` */
  own(settings: Settings, data: string): Partial<Settings>;
  /** Whether people are told of an event; programs are told of all but what is `held`. */
  tells(event: Told): boolean;
  /** Events that the command tells in its own way, if at all. */
  holds?(event: Told): boolean;
  /** Whether others call it by its name, which is that of the machine then, or of the settings. */
  readonly isCalled: boolean;
  /** Whether it reads lines that are typed while something is shown. */
  readonly isTyped: boolean;
  /** @returns the exit code. */
  work(scene: Scene): Promise<number>;
};

/** Never rejects. @returns the exit code: the command's own, or as a shell says of what a signal ended. */
export async function runOneshot(
  oneshot: Oneshot,
  options: PeerOptions,
  streams: ProcessStreams,
): Promise<number> {
  const ending = new Ending(streams);
  try {
    const settings = settingsOf(options, streams);
    const input = oneshot.isTyped ? streams.stdin : undefined;
    const output = outputFor(options, settings, streams, input);
    const { peer, data } = await opened(oneshot, options, settings, streams);
    void peer.closed.then((code) => ending.peerEnded(code));
    peer.events.subscribe((event) => tell(event, oneshot, options, output));
    if (options.json) output.tell(readyOf(peer));
    else output.hear(readyOf(peer));
    const { over } = ending;
    const scene = { peer, output, streams, isJson: options.json, settings, data, over };
    const code = await codeOf(oneshot.work(scene), ending, scene);
    const closed = await peer.close();
    const exitCode = closed === 0 ? code : closed;
    if (options.json || ending.signal !== undefined) output.tell({ type: 'bye', exitCode });
    output.end();
    return exitCode;
  } catch (error) {
    complain(streams.stderr, error);
    return exitCodeOf(error);
  } finally {
    ending.stopListening();
  }
}

async function codeOf(work: Promise<number>, ending: Ending, scene: Scene): Promise<number> {
  try {
    return await work;
  } catch (error) {
    if (ending.code !== undefined) return ending.code;
    if (scene.isJson) scene.output.tell({ type: 'error', ...toRecord(error) });
    // What is drawn goes first: both may be the same terminal.
    scene.output.end();
    complain(scene.streams.stderr, error);
    return exitCodeOf(error);
  }
}

/** Signals, a peer that ends by itself, and readers that have gone. */
class Ending {
  readonly over: Promise<never>;
  readonly stopListening: () => void;
  signal: Signal | undefined;
  #end: (error: Error) => void = () => undefined;
  #peerCode: number | undefined;

  constructor({ onSignals, abort, stdout, stderr }: ProcessStreams) {
    this.over = new Promise((_, reject) => {
      this.#end = reject;
    });
    // Whoever waits for something else too hears of it there.
    this.over.catch(() => undefined);
    this.stopListening = onSignals((signal) => {
      if (this.signal !== undefined) abort(EXIT_ABORTED[signal]);
      this.signal = signal;
      this.#end(new P2pError('cancelled', 'it was stopped'));
    });
    stdout.on('error', (error) => {
      // That nobody reads along is no reason to end: the exit code says what became of it.
      if (toRecord(error).code !== 'EPIPE') complain(stderr, error);
    });
    stderr.on('error', () => {});
  }

  /** Where it was not the command's work that ended it. */
  get code(): number | undefined {
    return this.signal === undefined ? this.#peerCode : EXIT_ABORTED[this.signal];
  }

  peerEnded(code: number): void {
    this.#peerCode = code;
    this.#end(new P2pError('closed', 'the peer has ended'));
  }
}

type Opened = { readonly peer: Peer; readonly data: string };

/** In the first folder that no other command of this kind uses. */
async function opened(
  oneshot: Oneshot,
  { flags }: PeerOptions,
  settings: Settings,
  streams: ProcessStreams,
): Promise<Opened> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? oneshot.name : `${oneshot.name}-${number}`;
    const data = oneshotFolder(settings.data, streams.env, name);
    const own = withSettings(settings, {
      ui: { enabled: false, port: 0 },
      control: false,
      ...alone(settings),
      data,
      // A number that was set elsewhere is the port of the peer that runs all the time.
      port: flags['port'] === undefined ? null : settings.port,
      // Under the name of that one, with another key, this would pass for an impostor.
      ...(!oneshot.isCalled && flags['name'] === undefined && { name: ownName(settings, name) }),
      ...oneshot.own(settings, data),
    });
    try {
      await makeFolder(data);
      await forgetEarlier(data);
      return { peer: await streams.createPeer(own), data };
    } catch (error) {
      if (toRecord(error).code !== 'data-in-use' || number === MOST_AT_ONCE) throw error;
    }
  }
}

function ownName({ name }: Settings, command: string): string {
  return nameOfCommand(name ?? defaultName(), command);
}

function alone({ distribution, downloads, sharing }: Settings): Partial<Settings> {
  return {
    share: [],
    distribution: { ...distribution, enabled: false },
    sharing: { ...sharing, downloads: false },
    downloads: { ...downloads, resumeAtStart: false },
  };
}

async function makeFolder(data: string): Promise<void> {
  try {
    await mkdir(data, { recursive: true, mode: PRIVATE });
  } catch (cause) {
    const why = `${data} cannot be used: choose another with --data (${toRecord(cause).message})`;
    throw new P2pError('folder-unavailable', why, { cause });
  }
}

function tell(event: Told, oneshot: Oneshot, { json }: PeerOptions, output: Output): void {
  // The run's own first and last lines have what is known then.
  if (event.type === 'ready' || event.type === 'bye' || oneshot.holds?.(event) === true) return;
  if (json || oneshot.tells(event)) output.tell(event);
  else output.hear(event);
}

function readyOf({ peerId, name, host, ports, private: isPrivate }: Peer) {
  return { type: 'ready', peerId, name, host, ports, private: isPrivate } as const;
}
