/** Starts the page: takes the token out of the address, and follows the peer with it. */

import { operations } from 'virtual:operations';
import { mount } from 'svelte';
import { asking } from '#web/api/client.js';
import { listen } from '#web/api/event-stream.js';
import { listenWhileShown, type Sight } from '#web/api/listen-while-shown.js';
import { Cell } from '#web/model/cell.js';
import { lifeOf } from '#web/model/connection.js';
import { placeIn, tokenIn } from '#web/model/place.js';
import { Sender } from '#web/model/sender.js';
import { Session } from '#web/model/session.js';
import App from './view/App.svelte';
import { putting } from './view/put-file.js';

/** How often it is asked for what no event tells, while somebody looks. */
const LOOK_MS = 3000;

const opened = new Cell<{ readonly session: Session; readonly sender: Sender<Blob> } | undefined>(
  undefined,
);
const place = new Cell(placeIn(''));
const sight: Sight = {
  isHidden: () => document.hidden,
  watch: (told, signal) => document.addEventListener('visibilitychange', told, { signal }),
};
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
  const ask = asking(access, operations);
  const begun = new Session(ask, Date.now);
  begun.isReady.subscribe((is) => {
    if (is) performance.mark('p2p-ready');
  });
  opened.set({
    session: begun,
    sender: new Sender({ ask, put: putting(token), word: () => crypto.randomUUID() }),
  });
  const listening = (signal: AbortSignal) => listen(access, begun, signal);
  const signal = AbortSignal.any([following.signal, lifeOf(begun.connection)]);
  void listenWhileShown(sight, (why) => begun.lost(why), listening, signal);
}

function start(): void {
  go();
  window.addEventListener('hashchange', go);
  setInterval(() => {
    const begun = opened.value?.session;
    if (!document.hidden && begun?.connection.value === 'live') void begun.look();
  }, LOOK_MS);
  const target = document.querySelector('#page');
  if (target !== null) mount(App, { target, props: { opened, place } });
}

// Behind all of this script: a browser that notes who asks for something reads him anew, and that is not all of the page then.
queueMicrotask(start);
