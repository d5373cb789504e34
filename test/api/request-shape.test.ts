import { describe, expect, it } from 'vitest';
import { operations } from '#src/api/operations.js';
import { queryValues, requestOf, requestShape } from '#src/api/request-shape.js';

const fieldsOf = (schema: object | undefined) =>
  schema && Object.keys((schema as { readonly properties: object }).properties);

describe('an operation as a request', () => {
  it('of a reading method says in its path what is named there, and the rest in its query', () => {
    const { params, query, body } = requestShape(operations.takeBackMessage);
    expect([params, query, body].map(fieldsOf)).toEqual([['message'], ['ref'], undefined]);
    const message = 'a/../b?c#d';
    expect(requestOf(operations.takeBackMessage, { message, ref: '1 & 2' })).toEqual({
      method: 'DELETE',
      path: '/api/v1/messages/a%2F..%2Fb%3Fc%23d?ref=1+%26+2',
      body: undefined,
    });
  });

  it('of a changing method says the rest in a JSON body', () => {
    const { params, query, body } = requestShape(operations.tell);
    expect([params, query, body].map(fieldsOf)).toEqual([
      ['peer'],
      [],
      ['text', 'whenBack', 'ref'],
    ]);
    const asked = requestOf(operations.tell, { peer: 'anna b', text: 'hi', whenBack: undefined });
    expect(asked).toEqual({
      method: 'POST',
      path: '/api/v1/peers/anna%20b/messages',
      body: '{"text":"hi"}',
    });
  });

  it('has no query where nothing is said in it', () => {
    expect(requestOf(operations.listShares, { filter: undefined }).path).toBe('/api/v1/shares');
    expect(requestShape(operations.pauseAll).body).toBeUndefined();
  });

  it.each([
    ['offset', '12', 12],
    ['offset', '-1', -1],
    ['offset', '9007199254740993', '9007199254740993'],
    ['offset', '1e3', '1e3'],
    ['offset', '', ''],
    ['blocked', 'true', true],
    ['blocked', 'false', false],
    ['blocked', '0', '0'],
    ['unknown', 'true', 'true'],
    ['__proto__', 'true', 'true'],
  ])('takes %s=%s of a query for %j', (name, said, value) => {
    const { query } = requestShape(operations.listPeers);
    const values = queryValues(Object.fromEntries([[name, said]]), query);
    expect(Object.entries(values)).toEqual([[name, value]]);
  });

  it('leaves text in a query as it was said, also where it looks like a number', () => {
    const { query } = requestShape(operations.listShares);
    expect(queryValues({ filter: '2024' }, query)).toEqual({ filter: '2024' });
  });
});
