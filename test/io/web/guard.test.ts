import { describe, expect, it } from 'vitest';
import {
  type Asked,
  CONTROL_HOST,
  judgeControl,
  judgeOrigin,
  judgeToken,
} from '#src/io/web/guard.js';

const PORT = 4711;
const OWN = `127.0.0.1:${PORT}`;

const asked = (said: Partial<Asked>): Asked => ({
  method: 'GET',
  host: OWN,
  origin: undefined,
  fetchSite: undefined,
  authorization: undefined,
  ...said,
});

describe('who asks by TCP', () => {
  it.each<[string, Partial<Asked>]>([
    ['a script of this machine', {}],
    ['by the other name of this machine', { host: `localhost:${PORT}` }],
    ['a page of ours', { origin: `http://${OWN}`, fetchSite: 'same-origin', method: 'POST' }],
    ['somebody who typed the address', { fetchSite: 'none' }],
    ['somebody who followed a link', { fetchSite: 'cross-site' }],
  ])('is let in: %s', (_, said) => {
    expect(judgeOrigin(asked(said), PORT)).toBeUndefined();
  });

  it.each<[string, Partial<Asked>]>([
    ['no host', { host: undefined }],
    ['a name that was made to lead here (CVE-2018-5702)', { host: `evil.test:${PORT}` }],
    ['a name that was made to lead here, without a port', { host: 'evil.test' }],
    ['another port of this machine', { host: `127.0.0.1:${PORT + 1}` }],
    ['no port', { host: '127.0.0.1' }],
    ['any address', { host: `0.0.0.0:${PORT}` }],
    ['a longer name', { host: `127.0.0.1:${PORT}.evil.test` }],
    ['the control socket', { host: CONTROL_HOST }],
    ['a page of elsewhere', { origin: 'https://evil.test' }],
    ['a page in a sandbox or a file', { origin: 'null' }],
    ['a page of another port here', { origin: 'http://127.0.0.1:80' }],
    ['a page by the other name', { origin: `http://localhost:${PORT}` }],
    ['a page over TLS', { origin: `https://${OWN}` }],
    ['an empty origin', { origin: '' }],
    ['a form of elsewhere, which may say no origin', { fetchSite: 'cross-site', method: 'POST' }],
    ['another port of this machine, by a browser', { fetchSite: 'same-site' }],
  ])('is refused: %s', (_, said) => {
    expect(judgeOrigin(asked(said), PORT)).toMatchObject({ status: 403 });
  });
});

describe('the token', () => {
  it.each(['Bearer secret', 'bearer secret'])('is taken as %s', (authorization) => {
    expect(judgeToken(asked({ authorization }), 'secret')).toBeUndefined();
  });

  it.each([
    undefined,
    '',
    'secret',
    'Bearer',
    'Bearer ',
    'Bearer secre',
    'Bearer secrets',
    'Bearer  secret',
    'Basic secret',
  ])('is missed in %j', (authorization) => {
    expect(judgeToken(asked({ authorization }), 'secret')).toMatchObject({ status: 401 });
  });
});

describe('who asks by the control socket', () => {
  it('is let in where it calls it so', () => {
    expect(judgeControl(asked({ host: CONTROL_HOST }))).toBeUndefined();
  });

  it.each<Partial<Asked>>([
    {},
    { host: undefined },
    { host: CONTROL_HOST, origin: `http://${OWN}` },
    { host: CONTROL_HOST, origin: 'null' },
  ])('is refused as a browser that was led there: %j', (said) => {
    expect(judgeControl(asked(said))).toMatchObject({ status: 403 });
  });
});
