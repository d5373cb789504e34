/** Puts a file into this peer as it is read: a request of the older kind, which tells how much has left. */
import { API_ROOT } from '#src/api/operation.js';

import { AskError, failureOf } from '#web/api/client.js';
import type { Put } from '#web/model/sender.js';

export function putting(token: string): Put<Blob> {
  return (upload, { path, file }, told) =>
    new Promise((resolve, reject) => {
      const names = path.split('/').map(encodeURIComponent).join('/');
      const request = new XMLHttpRequest();
      request.open('PUT', `${API_ROOT}/uploads/${upload}/files/${names}`);
      request.setRequestHeader('authorization', `Bearer ${token}`);
      request.setRequestHeader('content-type', 'application/octet-stream');
      request.upload.addEventListener('progress', ({ loaded }) => told(loaded));
      request.addEventListener('error', () => {
        reject(new AskError('gone', 'the peer does not answer'));
      });
      request.addEventListener('load', () => {
        if (request.status === 200) resolve();
        else reject(failureOf(request.status, JSON.parse(request.responseText)));
      });
      request.send(file);
    });
}
