import { Socket } from 'node:net';

const descriptor = Number(process.env['REDRESS_PARENT_FD']);
// Forgotten at once: our own children have no such pipe.
delete process.env['REDRESS_PARENT_FD'];

/**
 * Calls back once the process that started this one through devstack/bootstrap.mjs is gone, also when it was killed: it
 * holds the other end of a pipe. Does nothing when this process was started in another way.
 */
export function onParentGone(callback: () => void): void {
  if (!Number.isInteger(descriptor) || descriptor < 3) return;
  const pipe = new Socket({ fd: descriptor, readable: true, writable: false });
  pipe.once('close', callback);
  pipe.on('error', () => undefined); // followed by close
  pipe.resume();
  pipe.unref();
}
