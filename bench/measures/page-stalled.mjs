/** Tabs that hear what happens and read none of it: what they cost the peer while a large file arrives. */
import { request } from 'node:http';
import { figure } from '../run/figures.mjs';
import { alternate, median, timesFaster } from '../run/statistics.mjs';
import { createFilm } from './film.mjs';
import { ourDownload } from './our-download.mjs';

const MiB = 1024 * 1024;

/** As many as may listen. */
const TABS = 16;

/** @param {import('../main.mjs').Context} context */
export async function measurePageStalled(context) {
  const { scratch, rounds, log } = context;
  const film = createFilm(context);
  const env = { P2P_UI_ENABLED: 'true' };
  const download = (hooks) => ourDownload({ scratch, ...film, sources: 1, env, ...hooks });
  const contenders = {
    'nobody listens': () => download({}),
    'stalled tabs': () => download(stalledTabs()),
  };
  const samples = await alternate(rounds, contenders, log);
  return { figures: figuresOf(samples), samples };
}

function stalledTabs() {
  let tabs = [];
  const before = async (peers) => {
    const { value } = await peers.at(-1).when(({ type }) => type === 'ui');
    tabs = await Promise.all(Array.from({ length: TABS }, () => stalledTab(new URL(value.url))));
  };
  const after = async () => {
    for (const tab of tabs) tab.destroy();
  };
  return { before, after };
}

/** Its answer has begun, and is never read. */
function stalledTab({ port, hash }) {
  const headers = { authorization: `Bearer ${hash.split('=')[1]}` };
  const asked = request({ host: '127.0.0.1', port, path: '/api/v1/events', headers });
  return new Promise((resolve, reject) => {
    asked.once('response', (answer) => {
      answer.on('error', () => undefined);
      resolve(answer.pause());
    });
    asked.once('error', reject);
    asked.end();
  });
}

function figuresOf({ 'nobody listens': none, 'stalled tabs': stalled }) {
  const peak = (samples) => median(samples.map(({ receiverPeakBytes }) => receiverPeakBytes)) / MiB;
  return [
    figure(`with ${TABS} stalled tabs, of without`, timesFaster(stalled, none), 'x', {
      least: 0.95,
    }),
    figure('peak memory without', peak(none), 'MiB'),
    figure(`peak memory with ${TABS} stalled tabs`, peak(stalled), 'MiB'),
  ];
}
