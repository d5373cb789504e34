/** What people are shown of lines, and one of each kind in which all that others may choose is hostile. */
import type { Line } from '#src/cli/answer.js';
import { createHumanOutput, type Screen } from '#src/cli/human-output.js';
import { type CapturedStream, captured } from './captured-stream.js';
import { createFakePeer, OTHER_ID, PEER_ID, SHARE, TRANSFER } from './fake-peer.js';

const HOSTILE = 'x\u001b[2J\u0007\r\nready: fake\u202e\u200b\u009b31m';
// Controls and directions, but for the ends of lines.
export const CONTROL = /(?!\n)[\p{Cc}\p{Cf}]/u;

export function shown(
  lines: readonly Line[],
  level: 'silent' | 'error' | 'info' | 'debug' = 'info',
  now = Date.now,
) {
  const stdout = captured();
  const stderr = captured();
  const output = createHumanOutput({ stdout, stderr, level, now, redraws: false, color: false });
  for (const line of lines) output.tell(line);
  output.end();
  return { out: stdout.text(), err: stderr.text() };
}

export function onTerminal(stdout: CapturedStream): Screen {
  return { stdout, stderr: captured(), level: 'info', redraws: true, color: false };
}

export function row(name: string) {
  return { ...SHARE, name, have: 48, path: null, sources: 3 };
}

const SOURCES = [
  { peerId: OTHER_ID, transport: 'tcp' },
  { peerId: PEER_ID, transport: 'udp' },
  { peerId: PEER_ID, transport: 'udp' },
] as const;

export const statusOf = (name: string): Line => ({
  ...createFakePeer().status(),
  type: 'status',
  name,
  downloads: [{ ...SHARE, name, have: 48, bytesPerSecond: 12_000_000, sources: SOURCES }],
});
export const peerRow = {
  peerId: OTHER_ID,
  name: HOSTILE,
  host: HOSTILE,
  port: 27_460,
  state: 'up',
  trust: 'known',
} as const;

export const MESSAGE = {
  id: 'm1',
  from: OTHER_ID,
  name: HOSTILE,
  text: HOSTILE,
  sentAt: Number.MAX_SAFE_INTEGER,
  private: false,
} as const;

export const everything: readonly Line[] = [
  { type: 'list', shares: [row(HOSTILE)] },
  { type: 'peers', peers: [peerRow] },
  { type: 'peer-added', ...peerRow },
  statusOf(HOSTILE),
  { type: 'peer-up', ...peerRow },
  { type: 'trust-changed', peerId: OTHER_ID, name: HOSTILE, state: 'blocked' },
  { type: 'peer-down', peerId: OTHER_ID, reason: 'lost' },
  { type: 'message', ...MESSAGE },
  { type: 'history', messages: [MESSAGE] },
  { type: 'transfers', transfers: [{ ...TRANSFER, name: HOSTILE }] },
  { type: 'transfers-changed', how: 'paused', transfers: [{ ...TRANSFER, name: HOSTILE }] },
  { type: 'transfer', ...TRANSFER, name: HOSTILE },
  { type: 'link-up', peerId: OTHER_ID, direction: 'dialled' },
  { type: 'link-down', peerId: OTHER_ID, reason: 'lost' },
  { type: 'share-added', ...SHARE, name: HOSTILE },
  { type: 'share-changed', ...SHARE, oldId: SHARE.id, name: HOSTILE },
  { type: 'share-removed', ...SHARE, name: HOSTILE },
  { type: 'hash-progress', name: HOSTILE, doneBytes: 50_000_000, bytes: 100_000_000 },
  { type: 'download-started', ...SHARE, name: HOSTILE, have: 3, sources: 3 },
  { type: 'download-waiting', id: SHARE.id, name: HOSTILE, reason: 'sources' },
  {
    type: 'download-progress',
    ...SHARE,
    have: 50,
    doneBytes: 52_428_800,
    bytesPerSecond: 1e7,
    etaMs: 4800,
    sources: 3,
  },
  {
    type: 'download-completed',
    ...SHARE,
    name: HOSTILE,
    path: `/d/${HOSTILE}`,
    fetchedBytes: SHARE.bytes,
    ms: 1200,
    sources: [{ peerId: OTHER_ID, chunks: 96, transport: 'udp' }],
  },
  {
    type: 'source-moved',
    id: SHARE.id,
    name: HOSTILE,
    peerId: OTHER_ID,
    transport: 'udp',
    why: 'crawling',
  },
  {
    type: 'download-failed',
    name: HOSTILE,
    code: 'ambiguous',
    message: HOSTILE,
    candidates: [{ ...SHARE, name: HOSTILE, peers: [OTHER_ID] }],
  },
  { type: 'actor-restarted', actor: HOSTILE, code: HOSTILE, attempt: 1 },
  { type: 'notice', code: 'x', message: HOSTILE },
  { type: 'error', code: 'x', message: HOSTILE },
];

/** Han, kana, Hangul and emoji take two columns, marks none. */
export function columns(line: string): number {
  const wide =
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u;
  return Array.from(line).reduce(
    (sum, one) => sum + (/\p{Mn}|\p{Me}/u.test(one) ? 0 : wide.test(one) ? 2 : 1),
    0,
  );
}
