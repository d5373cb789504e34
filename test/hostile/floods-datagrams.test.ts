import { createSocket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'vitest';
import { laySiege } from '#test/support/siege.js';
import { inventedAnnouncement } from '#test/support/announcers.js';
import { readFileSync } from 'node:fs';

const COUNT = Number(process.env['COUNT'] ?? 100000);

describe('x', () => {
  it('y', async () => {
    const siege = await laySiege({files: 3, bytes: 32*2**20});
    const { victim, delays } = siege;
    console.log('warm', await siege.fetch('victim'), await siege.fetch('honest'));
    await delays.next(victim.pid);
    await new Promise((r) => setTimeout(r, 1500));
    show('calm', await delays.next(victim.pid));
    const pool = process.env['KIND'] === 'garbage' ? Array.from({length: 1000}, () => randomBytes(128)) : Array.from({ length: 5000 }, () => inventedAnnouncement());
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await new Promise((r) => socket.once('listening', r));
    let sent = 0;
    const t0 = performance.now();
    let cpu0 = cpu(victim.pid);
    const flood = (async () => {
      while (sent < COUNT) {
        await Promise.all(Array.from({ length: 50 }, () => new Promise((r) => socket.send(pool[sent++ % pool.length]!, siege.network.discoveryPort, '127.0.0.1', r))));
      }
      console.log('flood over', performance.now() - t0);
    })();
    const [a, b] = await Promise.all([siege.fetch('victim'), siege.fetch('honest')]);
    console.log('fetched', a, b, 'sent', sent);
    await flood;
    show('flood', await delays.next(victim.pid));
    console.log('cpu', cpu(victim.pid) - cpu0);
    console.log(victim.program.stderr(), victim.program.lines.slice(-10).filter(l => !l.includes('progress')));
    console.log('after', await siege.fetch('victim'));
  }, 120000);
});
function show(what: string, all: readonly { thread: string; turns: number; p99Ms: number; mostMs: number }[]) { console.log(what + all.map((o) => `\n${o.thread} ${o.turns} p99 ${o.p99Ms} max ${o.mostMs}`).join('')); }
function cpu(pid: number) { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' '); const rss=/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`,'utf8')); console.log('HWM', rss?.[1]); return (Number(f[11]) + Number(f[12])) / 100; }
