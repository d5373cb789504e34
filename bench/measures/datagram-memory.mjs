/** What one more stream over datagrams costs a process in memory: open, busy, and with a reader that stopped. */
import { setTimeout as passed } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { launch } from '../run/child.mjs';
import { figure } from '../run/figures.mjs';
import { residentBytes } from '../run/usage.mjs';

const PROGRAM = fileURLToPath(new URL('../programs/many-streams.mjs', import.meta.url));

const MiB = 1024 * 1024;

/** Enough that what a process needs anyway is small beside it. */
const STREAMS = 50;

/** The dialler takes so much ahead of its reader, and the listener keeps as much for him. */
const WINDOW_MIB = 8;
const MOST_MIB = 8;

const LOOK_EVERY_MS = 100;

/** @param {import('../main.mjs').Context} context */
export async function measureDatagramMemory({ quick, log }) {
  const ms = quick ? 1000 : 3000;
  const listener = start({ count: STREAMS });
  const { port } = (await listener.when(isReady)).value;
  const dialler = start({ count: STREAMS, port });
  await dialler.when(isReady);
  const ends = { listener, dialler };
  const before = residentOf(ends);
  const look = async (title) => {
    log(`${title} ...`);
    const most = await mostWithin(ends, ms);
    return Object.keys(ends).map((end) => (most[end] - before[end]) / STREAMS / MiB);
  };
  const tell = (order, those) => those.forEach((one) => void one.say(order));
  tell('open', [dialler]);
  await Promise.all([listener, dialler].map((end) => end.when(({ type }) => type === 'open')));
  const samples = { open: await look(`${STREAMS} streams, open`) };
  tell('flow', [dialler, listener]);
  samples.busy = await look(`${STREAMS} streams, busy`);
  tell('stall', [dialler]);
  samples.stalled = await look(`${STREAMS} streams, stalled`);
  await Promise.all([listener.end(), dialler.end()]);
  return { figures: figuresOf(samples), samples };
}

function start(options) {
  return launch(process.execPath, [PROGRAM, JSON.stringify(options)], { label: 'many-streams' });
}

const isReady = ({ type }) => type === 'ready';

function residentOf(ends) {
  const all = Object.entries(ends).map(([name, { pid }]) => [name, residentBytes(pid)]);
  return Object.fromEntries(all);
}

async function mostWithin(ends, ms) {
  const most = residentOf(ends);
  for (const until = performance.now() + ms; performance.now() < until; ) {
    await passed(LOOK_EVERY_MS);
    const now = residentOf(ends);
    for (const name of Object.keys(most)) most[name] = Math.max(most[name], now[name]);
  }
  return most;
}

function figuresOf({ open, busy, stalled }) {
  const both = (name, [listener, dialler], most) => [
    figure(`memory of a stream, ${name}: its sender, who listened`, listener, 'MiB', { most }),
    figure(`memory of a stream, ${name}: its receiver, who dialled`, dialler, 'MiB', { most }),
  ];
  return [
    ...both('open', open, MOST_MIB),
    ...both('busy', busy, MOST_MIB + WINDOW_MIB),
    ...both('nobody reads', stalled, MOST_MIB + WINDOW_MIB),
  ];
}
