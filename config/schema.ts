/**
 * Every setting, once: what it is, what raising and lowering it costs, which values it takes, its default and
 * its environment variable. Units stand last in the names. docs/settings.md is generated from this file.
 */
import { GiB, KiB, MiB } from '#src/domain/limits.js';
import { PORTS_PER_PEER } from '#src/domain/ports.js';
import {
  addresses,
  folder,
  ipAddress,
  limitSchedule,
  networkKey,
  oneOf,
  onOff,
  orAuto,
  orNull,
  paths,
  peerName,
  rate,
  trackerFlag,
  trackers,
  wholeNumber,
  words,
} from './kind.js';
import { leaf } from './leaf.js';

/** The first base port that is tried; registered to nobody, below every system's ephemeral range. */
export const FIRST_PORT = 27_460;
/** How many bases are tried: sixteen peers on one machine are a test, not a household. */
export const PORT_TRIES = 16;

const LAST_PORT = 65_535;
/** Timers beyond a day hide a mistaken unit. */
const DAY_MS = 86_400_000;
/** More than any disk of today, and exact as a number. */
const MOST_BYTES = 2 ** 50;

/** Least first, so that a level shows itself and everything before it. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

export const schema = {
  port: leaf(orNull(orAuto(wholeNumber(1, LAST_PORT - PORTS_PER_PEER + 1, ''))), {
    doc: 'Base port N; the peer listens on N to N+3, on N+1 for UDP too. Fixing it lets firewalls and other peers rely on it; a taken one is then an error instead of a reason to try the next. auto: a tracker is asked for one that no other peer at this address has; where none answers it is as without.',
    default: null,
    defaultMeans: `first free of ${FIRST_PORT}, ${FIRST_PORT + PORTS_PER_PEER}, ... (${PORT_TRIES} tries)`,
    env: 'P2P_PORT',
    flag: '--port',
  }),
  host: leaf(ipAddress, {
    doc: 'Address to listen on and announce from. A single address keeps the peer to that network; 127.0.0.1 keeps it to this machine. Announcements are heard on every interface all the same (a socket bound to one address gets no broadcast); what comes from outside that network is dropped unread.',
    default: '0.0.0.0',
    env: 'P2P_HOST',
    flag: '--host',
  }),
  name: leaf(orNull(peerName), {
    doc: 'Name shown to other peers, told only over an encrypted link. It proves nothing: the peer id does.',
    default: null,
    defaultMeans: "the one set by the command `name`, else this machine's host name",
    env: 'P2P_NAME',
    flag: '--name',
  }),
  share: leaf(paths, {
    doc: 'What to share. A folder shares each file and directory in it under its own name and is watched; a file is one share. Much content costs hashing time at the first start only.',
    default: [] as readonly string[],
    env: 'P2P_SHARE',
    flag: '--share',
  }),
  downloads: {
    folder: leaf(orNull(folder), {
      doc: 'Where downloads go. Partial files lie in .p2p-partial inside it, so it needs room for whole files. In a file "downloads" may be this path itself.',
      default: null,
      defaultMeans: 'p2p-downloads in your home; downloads inside `data` where that is given',
      env: 'P2P_DOWNLOADS',
      flag: '--downloads',
    }),
    resumeAtStart: leaf(onOff, {
      doc: 'Whether unfinished downloads go on by themselves at the next start. Off: they wait for the next `download` of the same name.',
      default: true,
      env: 'P2P_DOWNLOADS_RESUME_AT_START',
    }),
  },
  data: leaf(orNull(folder), {
    doc: 'Where identity, index and kept chunks lie. One running peer per folder; a new folder is a new identity.',
    default: null,
    defaultMeans: "p2p/PORT in the platform's data folder",
    env: 'P2P_DATA',
    flag: '--data',
  }),
  peers: leaf(addresses, {
    doc: 'Peers to dial at the start and again when lost, for networks where announcements do not pass. Each costs one attempt now and then while it is away.',
    default: [] as readonly string[],
    env: 'P2P_PEERS',
    flag: '--peer',
  }),
  trackers: leaf(trackers, {
    doc: 'Trackers to register with and to hear of others from, where announcements do not pass. With its id nobody else is taken for it; without, whoever answers there first is, and is expected there from then on. A tracker learns this address, port and id. Each costs a connection, all together a thread (9 MB).',
    default: [] as readonly string[],
    env: 'P2P_TRACKERS',
    flag: '--tracker',
  }),
  tracker: {
    flag: leaf(orNull(trackerFlag), {
      doc: 'Word that a tracker was started with, shown to every tracker of `trackers`. It keeps passers-by out and is no key: whoever stands in for a tracker that was given without its id learns it.',
      default: null,
      defaultMeans: 'none',
      env: 'P2P_TRACKER_FLAG',
      flag: '--tracker-flag',
    }),
    heartbeatMs: leaf(wholeNumber(200, DAY_MS, 'milliseconds'), {
      doc: 'How often to tell a tracker that this peer is here, and to hear of some others. Lower brings split networks together sooner; higher spares the tracker. Of a tracker: after how long a quiet peer is asked for a sign of life; it is forgotten after three times that.',
      default: 15_000,
      env: 'P2P_TRACKER_HEARTBEAT_MS',
    }),
  },
  discovery: {
    enabled: leaf(onOff, {
      doc: 'Whether to announce this peer on the network and listen for others. Off: only `peers`, and those who dial us, are found.',
      default: true,
      env: 'P2P_DISCOVERY_ENABLED',
    }),
    port: leaf(wholeNumber(1, LAST_PORT, ''), {
      doc: 'UDP port that all peers of one network share. Another port makes another network that does not see this one.',
      default: 27_450,
      env: 'P2P_DISCOVERY_PORT',
      flag: '--discovery-port',
    }),
    heartbeatMs: leaf(wholeNumber(100, DAY_MS, 'milliseconds'), {
      doc: 'How often to announce. Lower finds peers sooner after lost packets and costs every machine on the network; higher delays it.',
      default: 15_000,
      env: 'P2P_DISCOVERY_HEARTBEAT_MS',
    }),
    expiryMs: leaf(wholeNumber(200, DAY_MS, 'milliseconds'), {
      doc: 'Silence after which an announced peer is forgotten. Three heartbeats forgive two lost packets; lower forgets sooner and wrongly, higher keeps the dead.',
      default: 45_000,
      env: 'P2P_DISCOVERY_EXPIRY_MS',
    }),
  },
  network: {
    key: leaf(orNull(networkKey), {
      doc: 'Key of a private network: this peer speaks with those that have the same one, and with nobody else; its announcements tell others nothing. Whoever has it is in. Made by `p2p keygen`; there is no flag, since arguments are seen by every user of a machine. A settings file with a key should be readable by its owner only.',
      default: null,
      defaultMeans: 'none: speaks with every peer that has none',
      env: 'P2P_NETWORK_KEY',
    }),
    keyFile: leaf(orNull(folder), {
      doc: 'File with that key in its only line, in place of `network.key`; giving both is an error. `p2p keygen FILE` makes one that only its owner may read.',
      default: null,
      defaultMeans: 'none',
      env: 'P2P_NETWORK_KEY_FILE',
    }),
  },
  transfer: {
    transport: leaf(oneOf(['tcp', 'udp', 'auto']), {
      doc: 'How chunks are fetched; links, and chunks that are given away in the background, are TCP whatever it says. tcp leaves it to the system, and this peer neither dials nor listens by UDP then; udp is our own, which stays fast where packets get lost, and takes nothing from peers without it, which are those set to tcp; auto starts with tcp and moves to udp for ten minutes for a peer that tcp does not reach, or brings less than 1 MiB a second from for 5 s. With udp and auto this peer is asked by either. All are encrypted and proven alike.',
      default: 'auto',
      env: 'P2P_TRANSFER_TRANSPORT',
    }),
    timeoutMs: leaf(wholeNumber(1_000, DAY_MS, 'milliseconds'), {
      doc: 'A download without any progress for so long is given up; what arrived is kept. Lower fails sooner when peers come and go; higher waits longer for them.',
      default: 60_000,
      env: 'P2P_TRANSFER_TIMEOUT_MS',
    }),
    delta: leaf(onOff, {
      doc: 'Whether a changed version of what is here already, by its name or at its place, is put together from that, so that only what is new is fetched. It costs reading what is here, and tells those who are fetched from that something alike is here. Off: all of it is fetched, and this peer tells nobody how its own files are cut for that.',
      default: true,
      env: 'P2P_TRANSFER_DELTA',
    }),
    maxSources: leaf(wholeNumber(1, 7, ''), {
      doc: 'Peers one download fetches from at once. Each costs a thread (about 11 MB); more helps only where single peers are slow. All downloads share 7.',
      default: 7,
      env: 'P2P_TRANSFER_MAX_SOURCES',
    }),
  },
  distribution: {
    enabled: leaf(onOff, {
      doc: 'Whether to give chunks to other peers in the background, so that files outlive this machine. Off: files live only where they are fetched.',
      default: true,
      env: 'P2P_DISTRIBUTION_ENABLED',
    }),
    intervalMs: leaf(wholeNumber(100, DAY_MS, 'milliseconds'), {
      doc: 'Time between rounds of giving. Lower spreads sooner and loads the network more; higher the other way round.',
      default: 10_000,
      env: 'P2P_DISTRIBUTION_INTERVAL_MS',
    }),
    copies: leaf(wholeNumber(0, 16, ''), {
      doc: 'How many peers beside one owner are to hold each chunk. Each costs its size once on the network and on a disk; fewer survive fewer losses.',
      default: 2,
      env: 'P2P_DISTRIBUTION_COPIES',
    }),
    roundBytes: leaf(wholeNumber(256 * KiB, MOST_BYTES, 'bytes'), {
      doc: 'Bytes given in one round at most. Higher spreads large files sooner and can crowd a slow network.',
      default: 64 * MiB,
      env: 'P2P_DISTRIBUTION_ROUND_BYTES',
    }),
  },
  inbox: {
    accept: leaf(oneOf(['ask', 'trusted', 'all']), {
      doc: 'Whose offers (`send`) are taken without asking: ask takes none, trusted those of peers you trust, all those of anybody. What is not taken waits for `accept` or `reject`.',
      default: 'ask',
      env: 'P2P_INBOX_ACCEPT',
    }),
    from: leaf(orNull(peerName), {
      doc: "Of whom alone anything is taken without asking: his id, 16 characters of it (80 bits) or more, or the name of a peer you trust; any other name, or less of an id, is anybody's. Where it is set, offers of all others wait, whatever `inbox.accept` says.",
      default: null,
      defaultMeans: 'of anybody',
      env: 'P2P_INBOX_FROM',
    }),
    folder: leaf(orNull(folder), {
      doc: 'Where what was sent to this peer goes, unless `accept --to` says otherwise. It is made when it is first needed.',
      default: null,
      defaultMeans: '`inbox` inside the folder for downloads',
      env: 'P2P_INBOX_FOLDER',
    }),
    mostBytes: leaf(orNull(wholeNumber(0, MOST_BYTES, 'bytes')), {
      doc: 'The largest offer that is taken without asking. Lower keeps large ones for you to decide.',
      default: null,
      defaultMeans: 'no limit but `inbox.quotaBytes`',
      env: 'P2P_INBOX_MOST_BYTES',
    }),
    types: leaf(words, {
      doc: 'Endings of the names that are taken without asking, as jpg or pdf; folder means folders. With none everything is, but for names that begin with a dot.',
      default: [] as readonly string[],
      env: 'P2P_INBOX_TYPES',
    }),
    quotaBytes: leaf(wholeNumber(0, MOST_BYTES, 'bytes'), {
      doc: 'How much may lie here of what was taken without asking; what you move or remove counts no more. More than 1,000 things are not taken without asking either.',
      default: 20 * GiB,
      env: 'P2P_INBOX_QUOTA_BYTES',
    }),
    once: leaf(onOff, {
      doc: 'Whether one offer and no more is taken without asking until the peer ends, as by `receive --once`. The others wait, and nothing is said of them; where the one is taken back, the next is taken.',
      default: false,
      env: 'P2P_INBOX_ONCE',
    }),
  },
  store: {
    quotaBytes: leaf(wholeNumber(0, MOST_BYTES, 'bytes'), {
      doc: 'Disk space for chunks that others gave us, a quarter of it for one peer at most; 0 keeps none. Higher helps others; when it is full the most replicated goes first.',
      default: 2 * GiB,
      env: 'P2P_STORE_QUOTA_BYTES',
    }),
  },
  limits: {
    uploadBytesPerSecond: leaf(orNull(rate), {
      doc: 'How fast bytes of contents may leave this peer, to all together, loopback included; messages, catalogues and descriptions are not counted. Those who fetch share it evenly; what is given away in the background gets a sixteenth of what each of them gets, and all of it where there is nobody. Lower spares the line and makes others wait.',
      default: null,
      defaultMeans: 'no limit',
      env: 'P2P_LIMITS_UPLOAD_BYTES_PER_SECOND',
    }),
    downloadBytesPerSecond: leaf(orNull(rate), {
      doc: 'How fast bytes of contents may be taken in, by all downloads together and what is kept for others. Downloads of equal priority share it evenly, one of `high` gets four times and one of `low` a quarter of that.',
      default: null,
      defaultMeans: 'no limit',
      env: 'P2P_LIMITS_DOWNLOAD_BYTES_PER_SECOND',
    }),
    perPeerBytesPerSecond: leaf(orNull(rate), {
      doc: 'How fast they may move between this peer and a single other one, each way. Lower keeps one from taking the whole line.',
      default: null,
      defaultMeans: 'no limit',
      env: 'P2P_LIMITS_PER_PEER_BYTES_PER_SECOND',
    }),
    backgroundBytesPerSecond: leaf(orNull(rate), {
      doc: 'How fast chunks may be given away in the background, and how fast such chunks are taken, within the limits above. Below 70 kB a second large chunks do not arrive in the minute that whoever takes them allows.',
      default: null,
      defaultMeans: 'no limit',
      env: 'P2P_LIMITS_BACKGROUND_BYTES_PER_SECOND',
    }),
    schedule: leaf(limitSchedule, {
      doc: 'Limits by the time of day, in place of the four above while a span lasts: local time as the wall shows it, also over a change of the clock; a span that ends before it begins goes on past midnight, and where spans overlap the later in the list holds. kB, MB and GB are powers of 1000, KiB, MiB and GiB of 1024. What the command `limit` says goes before all of it, until the peer ends.',
      default: [] as readonly string[],
      env: 'P2P_LIMITS_SCHEDULE',
    }),
  },
  sharing: {
    downloads: leaf(onOff, {
      doc: 'Whether to serve what was downloaded, already while it arrives. Off: others have fewer sources.',
      default: true,
      env: 'P2P_SHARING_DOWNLOADS',
    }),
  },
  links: {
    // 128 idle ones were measured to cost 17 MiB, 4 kB/s and 0.35 % of a core (docs/performance.md): little on any machine
    // that shares files, and more peers than most networks of a household or an office have.
    most: leaf(wholeNumber(16, 1024, ''), {
      doc: 'How many peers are linked at most; others that are heard are `known`, and linked as there is room or need. Neighbours of the mesh, the trusted, those added by hand and those that files come from go first. Each link costs memory and idle traffic; fewer make lists of contents less complete.',
      default: 128,
      env: 'P2P_LINKS_MOST',
    }),
  },
  mesh: {
    pingMs: leaf(wholeNumber(100, DAY_MS, 'milliseconds'), {
      doc: 'How often a quiet link is asked for a sign of life. Lower notices a dead peer sooner and costs a small packet a link each time.',
      default: 10_000,
      env: 'P2P_MESH_PING_MS',
    }),
    deadAfterMs: leaf(wholeNumber(200, DAY_MS, 'milliseconds'), {
      doc: 'Silence after which a link is given up. Lower loses peers that only stall; higher keeps showing the dead.',
      default: 30_000,
      env: 'P2P_MESH_DEAD_AFTER_MS',
    }),
    allowRemoteStop: leaf(onOff, {
      doc: 'Whether this peer ends when another one of its private network asks all to (`stop --network`). Without a network key it never does. On: whoever has the key can end it.',
      default: false,
      env: 'P2P_MESH_ALLOW_REMOTE_STOP',
    }),
  },
  ui: {
    enabled: leaf(onOff, {
      doc: 'Whether to serve the page and the API for programs on 127.0.0.1. Whoever has the address that is printed then, its token included, may do there whatever you may do here.',
      default: false,
      env: 'P2P_UI_ENABLED',
      flag: '--ui',
    }),
    port: leaf(wholeNumber(0, LAST_PORT, ''), {
      doc: 'TCP port of the page; 0 picks a free one at each start. A fixed one can be bookmarked, though the token is another one each time.',
      default: 0,
      env: 'P2P_UI_PORT',
    }),
  },
  control: leaf(onOff, {
    doc: 'Whether `p2p ctl` may give this peer commands from another terminal, by a socket in `data` that only its owner may open.',
    default: true,
    env: 'P2P_CONTROL',
  }),
  logLevel: leaf(oneOf(LOG_LEVELS), {
    doc: 'What is told beside answers: silent, error, warn, info or debug, each with all before it.',
    default: 'info',
    env: 'P2P_LOG_LEVEL',
    flag: '--log-level',
  }),
  drills: leaf(onOff, {
    doc: 'Whether `drill kill|hang ACTOR` may break an actor on purpose, to watch it being restarted.',
    default: false,
    env: 'P2P_DRILLS',
    flag: '--drills',
  }),
} as const;
