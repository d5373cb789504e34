/** A page whose peer answers as if it knew very many: 300 peers, 10,000 shares, 100,000 messages, unless told. */
import type { Page, Route } from 'playwright-core';

export type Crowd = {
  readonly peers: number;
  readonly shares: number;
  readonly messages: number;
  readonly transfers: number;
};

export const LARGE: Crowd = { peers: 300, shares: 10_000, messages: 100_000, transfers: 1000 };

const LINKS_EACH = 5;
const MOST_ROWS = 1000;

/** Before the page is opened: what it asks for is answered here, the rest by its peer. */
export async function crowd(page: Page, of: Crowd = LARGE): Promise<void> {
  const lists: Readonly<Record<string, (at: number) => object>> = {
    peers: peerRow,
    shares: shareRow,
    transfers: transferRow,
  };
  const counts = { peers: of.peers, shares: of.shares, transfers: of.transfers };
  await page.addInitScript(beginWith, {
    peers: listPart(of.peers, 0, peerRow),
    blocked: { items: [], total: 0 },
    transfers: listPart(of.transfers, 0, transferRow),
    messages: messagesUntil(of.messages, MOST_ROWS, of.peers),
  });
  for (const [path, count] of Object.entries(counts)) {
    await page.route(
      ({ pathname }) => pathname === `/api/v1/${path}`,
      (route) => answerList(route, count, lists[path] ?? peerRow),
    );
  }
  await page.route(
    ({ pathname }) => pathname === '/api/v1/messages',
    (route) => (route.request().method() === 'GET' ? answerMessages(route, of) : route.fallback()),
  );
  const topology = topologyOf(of.peers);
  await page.route(
    ({ pathname }) => pathname === '/api/v1/topology',
    (route) => route.fulfill({ json: topology }),
  );
}

function answerList(route: Route, count: number, row: (at: number) => object): Promise<void> {
  const { searchParams } = new URL(route.request().url());
  if (searchParams.has('blocked')) return route.fulfill({ json: { items: [], total: 0 } });
  const offset = Number(searchParams.get('offset') ?? 0);
  return route.fulfill({ json: listPart(count, offset, row) });
}

function listPart(count: number, offset: number, row: (at: number) => object) {
  const length = Math.max(0, Math.min(MOST_ROWS, count - offset));
  return { items: Array.from({ length }, (_, at) => row(offset + at)), total: count };
}

/** Runs in the page: the line with which its events begin has those parts instead of its peer's. */
function beginWith(parts: object): void {
  const asked = globalThis.fetch;
  globalThis.fetch = async (input, options) => {
    const response = await asked(input, options);
    if (!response.url.includes('/api/v1/events') || response.body === null) return response;
    let rest = '';
    const lines = new TransformStream<string, string>({
      transform(text, to) {
        const all = (rest + text).split('\n');
        rest = all.pop() ?? '';
        for (const line of all) {
          const isBegin = line.includes('"type":"overview"');
          const said = isBegin ? JSON.stringify({ ...JSON.parse(line), ...parts }) : line;
          to.enqueue(`${said}\n`);
        }
      },
    });
    const text = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(lines);
    return new Response(text.pipeThrough(new TextEncoderStream()), response);
  };
}

function answerMessages(route: Route, { messages, peers }: Crowd): Promise<void> {
  const { searchParams } = new URL(route.request().url());
  const end = Number(searchParams.get('before')?.slice(1) ?? messages);
  const count = Number(searchParams.get('count') ?? 20);
  return route.fulfill({ json: messagesUntil(end, count, peers) });
}

function messagesUntil(end: number, count: number, peers: number): readonly object[] {
  const length = Math.min(end, count);
  return Array.from({ length }, (_, at) => messageRow(end - length + at, peers));
}

function idOf(at: number): string {
  return String(at).padStart(4, '0').repeat(8);
}

function peerRow(at: number): object {
  const [state, trust] = [at % 3 === 0 ? 'down' : 'up', 'unknown'];
  return { peerId: idOf(at), name: `peer ${at}`, host: '10.0.0.1', port: 4000 + at, state, trust };
}

function shareRow(at: number): object {
  const id = String(at).padStart(8, '0').repeat(8);
  const size = { bytes: 1000 * at, chunks: 4, files: 1 };
  return { id, name: `film ${at}.mkv`, ...size, have: 0, path: null, sources: at % 5 };
}

function transferRow(at: number): object {
  const transferId = idOf(at);
  const about = { transferId, id: null, direction: 'down', name: `film ${at}.mkv`, sources: 1 };
  const state = at % 10 === 0 ? 'running' : 'completed';
  const amount = { bytes: 5000, totalBytes: 10_000, bytesPerSecond: 1000, etaMs: 5000 };
  const files = { files: 1, filesDone: 0, failed: 0 };
  return { ...about, state, ...amount, ...files, priority: 'normal' };
}

function messageRow(at: number, peers: number): object {
  const from = idOf(at % peers);
  const text = `message number ${at}${' and more words'.repeat(at % 12)}`;
  const id = `m${at}`;
  return { id, from, name: `peer ${at % peers}`, text, sentAt: 1e12 + at * 60_000, private: false };
}

function topologyOf(peers: number): object {
  const nodes = Array.from({ length: peers }, (_, at) => {
    return { peerId: idOf(at), name: `peer ${at}`, load: LINKS_EACH, answered: true };
  });
  const links = nodes.flatMap(({ peerId: a }, at) =>
    Array.from({ length: LINKS_EACH }, (_, turn) => {
      const b = idOf((at + 1 + turn * 37) % peers);
      return { a, b, rttMs: 1, dialledBy: a, neighbour: turn < 3, confirmed: true };
    }),
  );
  return { nodes, links: links.filter(({ a, b }) => a < b), leftOut: 0 };
}
