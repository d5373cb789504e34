/** Starts the page: takes the token out of the address, and follows the peer with it. */

import { operations } from 'virtual:operations';
import { mount } from 'svelte';
import { asking } from '#web/api/client.js';
import { listen } from '#web/api/event-stream.js';
import { Cell } from '#web/model/cell.js';
import { placeIn, tokenIn } from '#web/model/place.js';
import { Session } from '#web/model/session.js';
import App from './view/App.svelte';

/** How often it is asked for what no event tells, while somebody looks. */
const LOOK_MS = 3000;

const session = new Cell<Session | undefined>(undefined);
const place = new Cell(placeIn(''));
let following: AbortController | undefined;

function go(): void {
  const token = tokenIn(location.hash);
  if (token === undefined) return place.set(placeIn(location.hash));
  // In nobody's history and on nobody's screenshot.
  history.replaceState(null, '', location.pathname);
  follow(token);
}

function follow(token: string): void {
  following?.abort();
  following = new AbortController();
  const access = { token, fetch: window.fetch.bind(window) };
  const begun = new Session(asking(access, operations), Date.now);
  begun.isReady.subscribe((is) => {
    if (is) performance.mark('p2p-ready');
  });
  session.set(begun);
  void listen(access, begun, following.signal);
}

go();
window.addEventListener('hashchange', go);
setInterval(() => {
  const begun = session.value;
  if (!document.hidden && begun?.connection.value === 'live') void begun.look();
}, LOOK_MS);
const target = document.querySelector('#page');
if (target !== null) mount(App, { target, props: { session, place } });
