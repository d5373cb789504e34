/** Puts a file into this peer as it is read: a request of the older kind, which tells how much has left. */
import { API_ROOT } from '#src/api/operation.js';
import { answered } from '#web/api/upload-answer.js';
import type { Put } from '#web/model/sender.js';

export function putting(token: string): Put<Blob> {
  return (upload, { path, file }, told) => {
    const names = path.split('/').map(encodeURIComponent).join('/');
    const request = new XMLHttpRequest();
    request.open('PUT', `${API_ROOT}/uploads/${upload}/files/${names}`);
    request.setRequestHeader('authorization', `Bearer ${token}`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.addEventListener('progress', ({ loaded }) => told(loaded));
    const end = answered(request);
    request.send(file);
    return end;
  };
}
