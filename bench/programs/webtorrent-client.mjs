/** A client without trackers, DHT, local discovery, uTP and port mapping: TCP between two that are told of each other. */
import WebTorrent from 'webtorrent';

export async function createClient() {
  const client = new WebTorrent({
    dht: false,
    tracker: false,
    lsd: false,
    utp: false,
    utPex: false,
    natUpnp: false,
    natPmp: false,
    webSeeds: false,
  });
  client.on('error', (error) => {
    console.error(error);
    process.exit(1);
  });
  if (!client.listening) await new Promise((resolve) => client.once('listening', resolve));
  return client;
}
