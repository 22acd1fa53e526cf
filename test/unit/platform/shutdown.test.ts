import { createLogger, createShutdown } from '../../../platform';

const logger = createLogger({ process: 'test', level: 'silent' });

describe('shutdown', () => {
  test('what was opened last is closed first, once, also when asked twice', async () => {
    const order: string[] = [];
    const codes: number[] = [];
    const shutdown = createShutdown({ logger, deadlineMs: 1_000, exit: (code) => codes.push(code) });
    shutdown.add('database', () => void order.push('database'));
    shutdown.add('server', async () => void order.push('server'));
    await Promise.all([shutdown.run('test'), shutdown.run('again')]);
    expect(order).toEqual(['server', 'database']);
    expect(codes).toEqual([0]);
  });

  test('a part that fails does not keep the others open, and shows in the exit code', async () => {
    const order: string[] = [];
    const codes: number[] = [];
    const shutdown = createShutdown({ logger, deadlineMs: 1_000, exit: (code) => codes.push(code) });
    shutdown.add('database', () => void order.push('database'));
    shutdown.add('server', () => Promise.reject(new Error('stuck')));
    await shutdown.run('test');
    expect([order, codes]).toEqual([['database'], [1]]);
  });

  test('the deadline ends the process', async () => {
    const codes: number[] = [];
    const shutdown = createShutdown({ logger, deadlineMs: 20, exit: (code) => codes.push(code) });
    shutdown.add('server', () => new Promise((resolve) => setTimeout(resolve, 60)));
    await shutdown.run('test');
    expect(codes[0]).toBe(1);
  });
});
