/**
 * The sending end of a bare pipe, from memory: writes as fast as it is taken, until the other end is gone.
 * Usage: node pipe-source.mjs '{"carrier":"p2p","host":"127.0.0.1","port":5000}'; `packetBytes` bounds our packets.
 */
const options = JSON.parse(process.argv[2]);
const { serve } = await import(`../carriers/${options.carrier}.mjs`);

/** As much as a chunk frame of the product has. */
const WRITE_BYTES = 256 * 1024;
const piece = Buffer.alloc(WRITE_BYTES, 'p2p');

const port = await serve({ port: 0, ...options }, (stream) => {
  const write = () => {
    while (stream.write(piece));
  };
  stream.on('drain', write);
  // The other end goes when it has seen enough, each transport in its own way.
  stream.on('error', () => {});
  stream.on('close', () => process.exit());
  stream.resume();
  write();
});
console.log(JSON.stringify({ type: 'listening', port }));
