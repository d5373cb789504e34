/**
 * Loaded into every thread of a peer before its own code (`--import`): measures how late the event loop is, or
 * takes a profile, between two SIGUSR2 to the process. The first is answered by a line `monitor-begun`, the
 * second by a line `monitor-ended` with what every thread found.
 *
 * A thread that starts later begins with itself. Threads speak through a BroadcastChannel of their process.
 */
import { subscribe } from 'node:diagnostics_channel';
import { basename } from 'node:path';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';

const { createProbe } = await import(process.env.BENCH_PROBE);
const channel = new BroadcastChannel('p2p-bench');
channel.unref();

let hasDialled = false;
const probe = await createProbe(threadId);
if (isMainThread) conduct();
else follow();

/** Pool threads have no name. Those that dial carry requests, the other one hashes. */
function threadName() {
  if (isMainThread) return 'main';
  const file = basename(process.argv[1], '.js');
  if (file !== 'worker') return file;
  return hasDialled ? 'request' : 'hasher';
}

function follow() {
  subscribe('net.client.socket', () => {
    hasDialled = true;
  });
  channel.onmessage = async ({ data }) => {
    if (data === 'begin') channel.postMessage({ begun: threadId, found: await probe.begin() });
    if (data === 'end') channel.postMessage({ ended: threadId, found: await found() });
  };
  channel.postMessage({ hello: threadId });
}

async function found() {
  return { thread: threadName(), threadId, ...(await probe.end()) };
}

function conduct() {
  const threads = new Set();
  let answers = [];
  let onAnswer = () => {};
  channel.onmessage = ({ data }) => {
    if (data.hello !== undefined) return threads.add(data.hello);
    answers.push(data.found);
    return onAnswer();
  };
  const ask = (order) => {
    answers = [];
    const all = new Promise((resolve) => {
      onAnswer = () => answers.length === threads.size && resolve();
    });
    channel.postMessage(order);
    return all;
  };
  const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
  process.once('SIGUSR2', async () => {
    process.once('SIGUSR2', async () => {
      const own = await found();
      await ask('end');
      tell({ type: 'monitor-ended', threads: [own, ...answers] });
    });
    await ask('begin');
    await probe.begin();
    tell({ type: 'monitor-begun' });
  });
}
