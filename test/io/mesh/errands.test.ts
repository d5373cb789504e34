import { lastValueFrom, throwError, toArray } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { P2pError } from '#src/domain/errors.js';
import type { QueryId } from '#src/domain/query/query.js';
import { Errands } from '#src/io/mesh/errands.js';
import type { Session } from '#src/io/net/session.js';
import { newIdentity, placeOf } from '#test/support/identities.js';

const QUERY = 'ab'.repeat(16) as QueryId;

async function asking() {
  const times = { pingMs: 1000, deadAfterMs: 3000 };
  const place = placeOf(await newIdentity());
  const errands = new Errands({ ...place, ...times, refusal: () => undefined });
  errands.asked(QUERY);
  return errands;
}

function guest(error: Error): Session {
  const peer = { name: 'ben' };
  return { peer, received: throwError(() => error), destroy: vi.fn() } as unknown as Session;
}

const told = (errands: Errands, error: Error) =>
  lastValueFrom(errands.receive(guest(error)).pipe(toArray()));

describe('whoever comes to answer and does not', () => {
  it('is told of where he breaks the protocol, and not where his connection ends', async () => {
    const errands = await asking();
    expect(await told(errands, new P2pError('protocol', 'nonsense'))).toEqual([
      {
        type: 'trouble',
        error: { code: 'protocol', message: 'the answer of ben was cut: nonsense' },
      },
    ]);
    expect(await told(errands, new P2pError('unreachable', 'it left'))).toEqual([]);
  });

  it('is told of five times, however often he comes', async () => {
    const errands = await asking();
    const news = [];
    for (let count = 0; count < 20; count++) {
      news.push(...(await told(errands, new P2pError('limit', 'too much'))));
    }
    expect(news).toHaveLength(5);
  });

  it('does not hide a fault of ours', async () => {
    expect(await told(await asking(), new TypeError('a defect'))).toMatchObject([
      { type: 'trouble', error: { message: 'the answer of ben was cut: a defect' } },
    ]);
  });
});

describe('an answer that is brought', () => {
  it('is nobody’s trouble where nobody is there', async () => {
    const errands = await asking();
    const { peerId } = await newIdentity();
    const answer = { query: QUERY, about: 'content', rows: [] } as const;
    const errand = { peerId, addresses: [{ host: '127.0.0.1', port: 1 }], answer };
    expect(await lastValueFrom(errands.run(errand).pipe(toArray()))).toEqual([]);
  });
});
