/**
 * The receiving end of a bare pipe: counts bytes for `ms`, once it has run for `warmMs`, says so, and ends.
 * Usage: node pipe-sink.mjs '{"carrier":"p2p","host":"127.0.0.1","port":5000,"warmMs":1000,"ms":5000}'
 */
const options = JSON.parse(process.argv[2]);
const { dial, factsOf } = await import(`../carriers/${options.carrier}.mjs`);

const say = (line) => console.log(JSON.stringify(line));

let bytes = 0;
const stream = await dial(options);
stream.on('error', (error) => {
  say({ type: 'broken', message: error.message });
  process.exit(1);
});
stream.on('data', (piece) => {
  if (bytes === 0) setTimeout(measure, options.warmMs);
  bytes += piece.length;
});

function measure() {
  const [before, begun] = [bytes, performance.now()];
  say({ type: 'steady' });
  setTimeout(() => {
    const ms = performance.now() - begun;
    say({ type: 'done', bytes: bytes - before, ms, facts: factsOf(stream) });
    stream.on('close', () => process.exit());
    stream.destroy();
  }, options.ms);
}
