/**
 * UDP sockets are closed before their thread is ended on purpose. Node 20 aborts the whole process where a datagram
 * arrives at a thread just as it is terminated (`AddressToJS` takes it for granted that objects can still be made);
 * a socket that is closed hears none.
 */
import type { Socket } from 'node:dgram';

const open = new Map<Socket, () => void>();

/** From now on until it is closed. @param lastWords says through it what others would wait for. */
export function closeAtExit(socket: Socket, lastWords: () => void = () => undefined): void {
  if (open.size === 0) process.on('exit', closeAll);
  open.set(socket, lastWords);
  socket.once('close', () => {
    open.delete(socket);
    if (open.size === 0) process.off('exit', closeAll);
  });
}

function closeAll(): void {
  for (const [socket, lastWords] of open) {
    try {
      lastWords();
    } finally {
      close(socket);
    }
  }
}

function close(socket: Socket): void {
  try {
    socket.close();
  } catch {
    // It was closed in this very turn, and has not said so yet: the others are to be closed too.
  }
}
