/** A page of one line, of one script and one style sheet: what a browser takes for any page at all. */
import { createServer } from 'node:http';

const FILES = {
  '/': [
    'text/html',
    '<!doctype html><link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css">' +
      '<body><script type="module" src="/script.js"></script></body>',
  ],
  '/style.css': ['text/css', 'body { margin: 0 }'],
  '/script.js': [
    'text/javascript',
    "document.body.append('hello'); performance.mark('p2p-ready');",
  ],
};

export function barePage() {
  const server = createServer(({ url }, response) => {
    const [type, text] = FILES[url] ?? ['text/plain', ''];
    response.setHeader('content-type', type);
    response.end(text);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const url = `http://127.0.0.1:${server.address().port}/`;
      const end = () => {
        server.close();
        server.closeAllConnections();
      };
      resolve({ url, end });
    });
  });
}
