import { from } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Contents } from '#src/domain/catalogue/contents.js';
import { Directory } from '#src/domain/catalogue/directory.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { QueryId } from '#src/domain/query/query.js';
import { type Finder, findContents } from '#src/peer/network/finding.js';

const FILM = 'f'.repeat(64) as ContentId;
const SONG = 'a'.repeat(64) as ContentId;

const answered = (peer: string, id: ContentId) => ({
  from: { peerId: peer as PeerId, name: peer, host: '10.0.0.1', port: 1 },
  answer: {
    query: '' as QueryId,
    about: 'content' as const,
    rows: [{ name: 'film', id, bytes: 1, chunks: 1, have: 1 }],
  },
});

describe('finding', () => {
  it('shows neither who is refused nor what he alone has, although he answered before', async () => {
    const answers = [answered('ben', FILM), answered('evil', FILM), answered('evil', SONG)];
    const finder = {
      library: { contents: new Contents(), whole: () => undefined },
      neighbours: {
        directory: new Directory(),
        strangers: 0,
        reach: () => undefined,
        isRefused: (peer: PeerId) => peer === 'evil',
      },
      queries: { ask: () => from(answers) },
    } as unknown as Finder;
    const rows = await findContents('film', finder);
    expect(rows.map(({ id }) => id)).toEqual([FILM]);
    expect(rows[0]?.sources.map(({ peerId }) => peerId)).toEqual(['ben']);
  });
});
