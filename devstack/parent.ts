import { Socket } from 'node:net';

/**
 * Calls back once the process that started this one through devstack/bootstrap.mjs is gone, also when it was killed: it
 * holds the other end of a pipe. Does nothing when this process was started in another way.
 */
export function onParentGone(callback: () => void): void {
  const descriptor = Number(process.env['REDRESS_PARENT_FD']);
  delete process.env['REDRESS_PARENT_FD']; // not for our own children, who have no such pipe
  if (!Number.isInteger(descriptor) || descriptor < 3) return;
  const pipe = new Socket({ fd: descriptor, readable: true, writable: false });
  pipe.once('close', callback);
  pipe.on('error', () => undefined); // followed by close
  pipe.resume();
  pipe.unref();
}
