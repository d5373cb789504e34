/** Where `bin/p2p` begins: gives the program its process, and ends it with the program's exit code. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { EXIT } from '#src/domain/errors.js';
import { createPeer } from '#src/peer.js';
import { ctl } from './ctl.js';
import { demo } from './demo.js';
import { keygen } from './keygen.js';
import { oneshotGet } from './oneshot-get.js';
import { oneshotReceive } from './oneshot-receive.js';
import { oneshotSend } from './oneshot-send.js';
import { complain, type ProcessStreams } from './process-streams.js';
import { runProgram } from './program.js';
import { onSignals } from './signals.js';
import { start } from './start.js';
import { tracker } from './tracker.js';
import { udpReceive } from './udp-receive.js';
import { udpSend } from './udp-send.js';

// A defect of ours: still one line, and never a stack trace in a user's face.
process.on('uncaughtException', (error) => {
  complain(process.stderr, new Error(`internal error, please report it: ${error.message}`));
  process.exit(EXIT.software);
});

// Who has closed the pipe wants no more lines: `start` ends for it, everything else is about to end anyway.
process.stdout.on('error', () => {});

const streams: ProcessStreams = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  home: homedir(),
  createPeer,
  onSignals,
  abort: (code) => process.exit(code),
};

/** The same from dist/bundle/cli and from dist/src/cli: three folders up lies package.json. */
function version(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { version?: unknown }).version);
}

/** What is still on its way to a pipe would be cut off by the exit. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (!stream.writable) resolve();
    else stream.write('', () => resolve());
  });
}

const actions = {
  version: version(),
  start,
  send: oneshotSend,
  receive: oneshotReceive,
  get: oneshotGet,
  ctl,
  demo,
  keygen,
  tracker,
  udpSend,
  udpReceive,
};
const code = await runProgram(process.argv.slice(2), actions, streams);
await flushed(process.stdout);
await flushed(process.stderr);
process.exit(code);
