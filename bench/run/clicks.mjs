/** Clicks on a tab as a mouse makes them, each timed in the tab from the moment the browser had it to the frame after it. */
import { setTimeout as pause } from 'node:timers/promises';

/** As fast as somebody clicks through a page. */
const BETWEEN_MS = 300;

/** Listens before all of the page does; a frame is painted right after its callbacks, before the next task. */
const WATCH = `
  globalThis.benchDelays = [];
  addEventListener('click', ({ timeStamp }) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => benchDelays.push(performance.now() - timeStamp);
      port2.postMessage(0);
    });
  }, { capture: true });
`;

/**
 * Clicks on the links of those views in turn, or where there are none into the tab, until it is ended.
 * @returns `end`, which tells how long each took, in milliseconds
 */
export async function clicking(tab, views) {
  await tab.evaluate(WATCH);
  const places = await placesOf(tab, views);
  const ending = new AbortController();
  const over = clickUntil(ending.signal, tab, places);
  return {
    async end() {
      ending.abort();
      await over;
      return tab.evaluate('benchDelays');
    },
  };
}

async function clickUntil(signal, tab, places) {
  for (let turn = 0; !signal.aborted; turn += 1) {
    const { x, y } = places[turn % places.length];
    await tab.mouse.click(x, y);
    await pause(BETWEEN_MS);
  }
}

async function placesOf(tab, views) {
  const links = tab.getByRole('navigation', { name: 'Views' });
  if ((await links.count()) === 0) return [{ x: 100, y: 100 }];
  const boxes = views.map((name) => links.getByRole('link', { name }).boundingBox());
  const found = await Promise.all(boxes);
  return found.map(({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 }));
}
