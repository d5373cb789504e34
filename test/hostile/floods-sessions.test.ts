import { describe, it } from 'vitest';
import { laySiege } from '#test/support/siege.js';
import { newIdentity, selfOf } from '#test/support/identities.js';
import { dialChannel } from '#src/io/channel.js';
import { openSession } from '#src/io/session.js';
import { encodeMessage } from '#src/wire/message.js';
import type { ContentId } from '#src/domain/ids.js';
import { readFileSync, readdirSync } from 'node:fs';
import { once } from 'node:events';

const KIND = process.env['KIND'] ?? 'unread';
const IDS = Number(process.env['IDS'] ?? 8), EACH = Number(process.env['EACH'] ?? 4);

describe('x', () => {
  it('y', async () => {
    const siege = await laySiege({files: 3, bytes: Number(process.env['MB'] ?? 64)*2**20});
    const { victim, delays } = siege;
    const ids = await Promise.all(Array.from({length: IDS}, newIdentity));
    console.log('warm', await siege.fetch('victim'), await siege.fetch('honest'));
    const id = victim.program.heard.of('share-added')[2]!.id as ContentId;
    await delays.next(victim.pid);
    let over = false, conns = 0, closed = 0, sentN = 0;
    const open = async (n: number, role: 'link'|'transfer'|'status'|'give' = 'transfer') => {
      const port = { link: victim.ports.mesh, transfer: victim.ports.transfer, status: victim.ports.distributor, give: victim.ports.receiver }[role];
      const channel = await dialChannel({ host: '127.0.0.1', port, credentials: ids[n % IDS]!.credentials });
      channel.socket.on('error', () => {}); channel.socket.once('close', () => closed++);
      const session = await openSession(channel, role, { self: selfOf(ids[n % IDS]!, 'sybil' + n), pingMs: 1e6, deadAfterMs: 1e7 });
      conns++;
      return { channel, session };
    };
    const pump = async (n: number, role: 'transfer'|'link'|'status', bytes: Buffer, read: boolean) => {
      while (!over) {
        const it = await open(n, role).catch(() => undefined);
        if (it === undefined) { await new Promise(r => setTimeout(r, 20)); continue; }
        const { channel: { socket }, session } = it;
        if (read) session.received.subscribe({ error: () => {} });
        const gone = once(socket, 'close');
        while (!over && !socket.destroyed) {
          sentN++;
          if (!socket.write(bytes)) await Promise.race([once(socket, 'drain').catch(() => {}), gone]);
        }
        socket.destroy();
      }
    };
    const kinds: Record<string, (n: number) => Promise<void>> = {
      // asks and never reads; comes again when thrown out
      unread: async (n) => {
        while (!over) {
          const it = await open(n).catch(() => undefined);
          if (it === undefined) { await new Promise(r => setTimeout(r, 20)); continue; }
          it.channel.socket.pause();
          for (let i = 0; i < 64; i++) it.session.send({ type: 'get-chunk', id, index: i }, i + 1);
          const gone = once(it.channel.socket, 'close');
          while (!over && !it.channel.socket.destroyed) await Promise.race([gone, new Promise(r => setTimeout(r, 100))]);
          // a paused socket does not notice that it was cut: look by writing
        }
      },
      pages: async (n) => pump(n, 'transfer', Buffer.concat(Array.from({length: 200}, (_, i) => encodeMessage({ type: 'get-page', id, page: 0 }, i))), false),
      pings: async (n) => pump(n, 'transfer', Buffer.concat(Array.from({length: 2000}, () => encodeMessage({ type: 'ping' }))), true),
      unreadpings: async (n) => pump(n, 'transfer', Buffer.concat(Array.from({length: 2000}, () => encodeMessage({ type: 'ping' }))), false),
      linkpings: async (n) => pump(n, 'link', Buffer.concat(Array.from({length: 2000}, () => encodeMessage({ type: 'ping' }))), true),
      cancel: async (n) => pump(n, 'transfer', Buffer.concat(Array.from({length: 500}, (_, i) => [encodeMessage({ type: 'get-chunk', id, index: i % 200 }, i), encodeMessage({ type: 'cancel' }, i)]).flat()), true),
      rows: async (n) => pump(n, 'link', Buffer.concat(Array.from({length: 5}, (_, p) => encodeMessage({ type: 'offer', fresh: p === 0, complete: p === 4, removed: [], changed: Array.from({length: 200}, (_, i) => ({ name: `row ${n} ${p} ${i}`, id: (n * 1000 + p * 200 + i).toString(16).padStart(64, 'a') as ContentId, bytes: 1000, chunks: 1, have: 1 })) }))), true),
      churn: async (n) => { while (!over) { const it = await open(n, 'link').catch(() => undefined); it?.session.send({ type: 'offer', fresh: true, complete: true, changed: [], removed: [] }); it?.session.close(); await it?.session.closed; } },
      churnt: async (n) => { while (!over) { const it = await open(n, 'transfer').catch(() => undefined); it?.session.close(); await it?.session.closed; } },
    };
    const fds0 = readdirSync(`/proc/${victim.pid}/fd`).length;
    let cpu0 = cpu(victim.pid);
    const n0 = victim.program.lines.length;
    const flood = Promise.all(Array.from({ length: IDS * EACH }, (_, n) => kinds[KIND]!(n)));
    await new Promise((r) => setTimeout(r, 1500));
    const t1 = performance.now();
    const [a, b] = await Promise.all([siege.fetch('victim').then((x) => { console.log('victim fetched', x); return x; }), siege.fetch('honest')]);
    console.log('fetched', a, b, { conns, closed, sentN });
    show('flood', await delays.next(victim.pid));
    console.log('cpu', cpu(victim.pid) - cpu0, 'of', performance.now() - t1 + 1500, 'lines', victim.program.lines.length - n0);
    over = true;
    console.log(victim.program.stderr().slice(0, 2000), victim.program.lines.slice(-12).map(l => l.slice(0, 200)).filter(l => !l.includes('progress')));
    await Promise.race([flood, new Promise(r => setTimeout(r, 3000))]);
    console.log('after', await siege.fetch('victim'), fds0, readdirSync(`/proc/${victim.pid}/fd`).length);
  }, 120000);
});
function show(what: string, all: readonly { thread: string; turns: number; p99Ms: number; mostMs: number }[]) { console.log(what + all.map((o) => `\n${o.thread} ${o.turns} p99 ${o.p99Ms} max ${o.mostMs}`).join('')); }
function cpu(pid: number) { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' '); const rss=/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`,'utf8')); console.log('HWM', rss?.[1]); return (Number(f[11]) + Number(f[12])) / 100; }
