import { randomBytes } from 'node:crypto';
import { describe, it } from 'vitest';
import { laySiege } from '#test/support/siege.js';
import { clientHello, garbageHello, Lines, callAll, helloAndSilence } from '#test/support/callers.js';
import { newIdentity } from '#test/support/identities.js';
import { dialChannel } from '#src/io/channel.js';
import { readFileSync, readdirSync } from 'node:fs';

const COUNT = Number(process.env['COUNT'] ?? 1000);
const KIND = process.env['KIND'] ?? 'silent';

describe('x', () => {
  it('y', async () => {
    const siege = await laySiege({files: 3, bytes: 32*2**20});
    const { victim, delays } = siege;
    const ids = await Promise.all(Array.from({length: Number(process.env['IDS'] ?? 8)}, newIdentity));
    console.log('warm', await siege.fetch('victim'), await siege.fetch('honest'));
    await delays.next(victim.pid);
    const hello = await clientHello();
    const lines = new Lines();
    let got = 0, no = 0;
    const kinds: Record<string, (port: number, n: number) => Promise<void>> = {
      silent: async (port) => void await lines.connect(port),
      hello: async (port) => { const s = await lines.connect(port); s.write(hello); },
      slow: async (port) => { const s = await lines.connect(port); let at = 0; const t = setInterval(() => s.write(hello.subarray(at, ++at)), 1000); s.once('close', () => clearInterval(t)); },
      garbage: async (port) => { const s = await lines.connect(port); s.write(randomBytes(300)); await new Promise((r) => s.destroyed ? r(0) : s.once('close', r)); },
      badhello: async (port) => { const s = await lines.connect(port); s.write(garbageHello(hello)); await new Promise((r) => s.destroyed ? r(0) : s.once('close', r)); },
      tls: async (port, n) => { await dialChannel({host:'127.0.0.1', port, credentials: ids[n % ids.length]!.credentials}).then((c) => { got++; c.socket.on('error', () => {}); }, () => no++); },
      session: async (port, n) => { const role = (['link','transfer','status','give'] as const)[port - victim.ports.mesh]!; await helloAndSilence(ids[n % ids.length]!, port, role).then((s) => { got++; s.received.subscribe({error: () => {}}); }, () => no++); },
    };
    const fds0 = readdirSync(`/proc/${victim.pid}/fd`).length;
    let cpu0 = cpu(victim.pid);
    const t0 = performance.now();
    const flood = Promise.all(Object.values(victim.ports).filter((_, i) => i < 4).map((port) => callAll(kinds[KIND]!, port, COUNT, Number(process.env['ATONCE'] ?? 100)))).then(() => console.log('flood over', performance.now() - t0));
    const [a, b] = await Promise.all([siege.fetch('victim'), siege.fetch('honest')]);
    console.log('fetched', a, b, { got, no });
    await flood;
    console.log({ got, no }, lines.open, 'fds', fds0, readdirSync(`/proc/${victim.pid}/fd`).length);
    show("flood", await delays.next(victim.pid));
    console.log('cpu', cpu(victim.pid) - cpu0);
    console.log(await siege.fetch('honest'));
    console.log(victim.program.stderr(), victim.program.lines.slice(-20).filter(l => !l.includes('progress')));
    lines.hangUp();
    console.log('after', await siege.fetch('victim'), readdirSync(`/proc/${victim.pid}/fd`).length);
  }, 120000);
});
function show(what: string, all: readonly { thread: string; turns: number; p99Ms: number; mostMs: number }[]) { console.log(what + all.map((o) => `\n${o.thread} ${o.turns} p99 ${o.p99Ms} max ${o.mostMs}`).join('')); }
function cpu(pid: number) { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' '); const rss=/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`,'utf8')); console.log('HWM', rss?.[1]); return (Number(f[11]) + Number(f[12])) / 100; }
