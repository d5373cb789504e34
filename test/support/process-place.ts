/** What a command has of its process, in a test's hands. */
import { PassThrough } from 'node:stream';
import type { ProcessStreams } from '#src/cli/process-streams.js';
import type { Signal } from '#src/cli/session-state.js';
import { captured } from './captured-stream.js';
import { createFakePeer } from './fake-peer.js';

/** @param createPeer one that does nothing of itself unless told */
export function place(createPeer: ProcessStreams['createPeer'] = async () => createFakePeer()) {
  const stdout = captured();
  const stderr = captured();
  const stdin = new PassThrough();
  const listeners: ((signal: Signal) => void)[] = [];
  const streams: ProcessStreams = {
    stdin,
    stdout,
    stderr,
    env: {},
    cwd: process.cwd(),
    home: '/home/ann',
    createPeer,
    onSignals: (listener) => {
      listeners.push(listener);
      return () => {};
    },
    abort: () => {},
  };
  return { streams, stdout, stderr, stdin, signal: (signal: Signal) => listeners[0]?.(signal) };
}
