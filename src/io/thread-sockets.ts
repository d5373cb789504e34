/**
 * UDP sockets are closed before their thread is ended on purpose. Node 20 aborts the whole process where a datagram
 * arrives at a thread just as it is terminated (`AddressToJS` takes it for granted that objects can still be made);
 * a socket that is closed hears none.
 */
import type { Socket } from 'node:dgram';

const open = new Set<Socket>();

/** From now on until it is closed. */
export function closeAtExit(socket: Socket): void {
  if (open.size === 0) process.on('exit', closeAll);
  open.add(socket);
  socket.once('close', () => {
    open.delete(socket);
    if (open.size === 0) process.off('exit', closeAll);
  });
}

function closeAll(): void {
  for (const socket of open) socket.close();
}
