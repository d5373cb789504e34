/** Counts and levels in the text that Prometheus reads (its exposition format 0.0.4). Nothing of them names a person or a file. */
import type { PeerEvent } from '#src/peer/events.js';
import type { Status } from '#src/peer/rows.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';

type Kind = 'counter' | 'gauge';
type Sample = readonly [labels: string, value: number];
type Metric = readonly [name: string, kind: Kind, help: string, samples: readonly Sample[]];

type Sources = {
  /** How late a heartbeat of this actor was at worst since this was last asked. */
  readonly lateMs: (actor: string) => number;
  readonly banned: () => number;
};

export class Metrics {
  readonly #sources: Sources;
  #fetchedBytes = 0;
  #fetchedChunks = 0;
  #keptChunks = 0;
  #messages = 0;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  hear(event: PeerEvent): void {
    if (event.type === 'message') this.#messages += 1;
    if (event.type === 'chunk-received') this.#keptChunks += 1;
    if (event.type !== 'download-completed') return;
    this.#fetchedBytes += event.fetchedBytes;
    for (const { chunks } of event.sources) this.#fetchedChunks += chunks;
  }

  text(status: Status, transfers: readonly TransferRow[]): string {
    return [...this.#counts(status), ...this.#levels(status, transfers)].map(textOf).join('');
  }

  #counts({ servedBytes, strays, actors }: Status): readonly Metric[] {
    const strayed = Object.entries(strays).map(([why, n]): Sample => [label('why', why), n]);
    const restarts = actors.map((row): Sample => [label('actor', row.actor), row.restarts]);
    return [
      ['served_bytes_total', 'counter', 'Bytes of contents that left.', one(servedBytes)],
      [
        'fetched_bytes_total',
        'counter',
        'Bytes of downloads that completed.',
        one(this.#fetchedBytes),
      ],
      [
        'fetched_chunks_total',
        'counter',
        'Chunks of downloads that completed.',
        one(this.#fetchedChunks),
      ],
      ['given_chunks_total', 'counter', 'Chunks given to be kept here.', one(this.#keptChunks)],
      ['messages_total', 'counter', 'Messages said and heard.', one(this.#messages)],
      ['stray_datagrams_total', 'counter', 'Datagrams that came to nothing.', strayed],
      ['actor_restarts_total', 'counter', 'Lives of an actor after its first.', summed(restarts)],
    ];
  }

  #levels(status: Status, transfers: readonly TransferRow[]): readonly Metric[] {
    const { lateMs, banned } = this.#sources;
    const names = [...new Set(status.actors.map(({ actor }) => actor))];
    const late = names.map((actor): Sample => [label('actor', actor), lateMs(actor) / 1000]);
    const states = transfers.map((row): Sample => {
      return [`${label('direction', row.direction)},${label('state', row.state)}`, 1];
    });
    const rates = status.downloads.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0);
    return [
      ['uptime_seconds', 'gauge', 'How long this peer has run.', one(status.uptimeMs / 1000)],
      ['peers', 'gauge', 'Peers that are here.', one(status.peers)],
      ['links', 'gauge', 'Links with other peers.', one(status.links.length)],
      ['shares', 'gauge', 'Contents shared here.', one(status.shares)],
      ['hashing', 'gauge', 'Contents that are being hashed.', one(status.hashing)],
      ['kept_chunks', 'gauge', 'Chunks kept for others.', one(status.keptChunks)],
      ['banned_peers', 'gauge', 'Peers that are banned now.', one(banned())],
      ['transfers', 'gauge', 'Transfers by direction and state.', summed(states)],
      ['fetching_bytes_per_second', 'gauge', 'How fast downloads come.', one(rates)],
      [
        'event_loop_delay_seconds',
        'gauge',
        'How late a heartbeat of an actor was at worst since the last look.',
        late,
      ],
    ];
  }
}

function one(value: number): readonly Sample[] {
  return [['', value]];
}

/** Several of the same labels are one sample: numbered request actors, for one. */
function summed(samples: readonly Sample[]): readonly Sample[] {
  const sums = new Map<string, number>();
  for (const [labels, value] of samples) sums.set(labels, (sums.get(labels) ?? 0) + value);
  return [...sums];
}

/** @param value a word of ours. */
function label(name: string, value: string): string {
  return `${name}="${value}"`;
}

function textOf([name, kind, help, samples]: Metric): string {
  const full = `p2p_${name}`;
  const lines = samples.map(([labels, value]) =>
    labels === '' ? `${full} ${value}` : `${full}{${labels}} ${value}`,
  );
  return `${[`# HELP ${full} ${help}`, `# TYPE ${full} ${kind}`, ...lines].join('\n')}\n`;
}
