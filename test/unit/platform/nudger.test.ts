import { createNudger } from '../../../platform';

describe('nudger', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test('many calls make one signal per interval, and the last call is never lost', async () => {
    let sent = 0;
    const nudger = createNudger(async () => void (sent += 1), { minIntervalMs: 1_000 });
    for (let i = 0; i < 50; i += 1) nudger.nudge();
    await jest.advanceTimersByTimeAsync(1);
    expect(sent).toBe(1);
    for (let i = 0; i < 50; i += 1) nudger.nudge();
    await jest.advanceTimersByTimeAsync(998);
    expect(sent).toBe(1);
    await jest.advanceTimersByTimeAsync(2);
    expect(sent).toBe(2);
  });

  test('a call while a signal is under way leads to another signal', async () => {
    let release: () => void = () => undefined;
    let sent = 0;
    const nudger = createNudger(
      () =>
        new Promise<void>((resolve) => {
          sent += 1;
          release = resolve;
        }),
      { minIntervalMs: 10 },
    );
    nudger.nudge();
    await jest.advanceTimersByTimeAsync(1);
    nudger.nudge();
    release();
    await jest.advanceTimersByTimeAsync(20);
    expect(sent).toBe(2);
  });

  test('an error is reported and the next call is tried again', async () => {
    const errors: unknown[] = [];
    let sent = 0;
    const nudger = createNudger(
      async () => {
        sent += 1;
        throw new Error('down');
      },
      { minIntervalMs: 10, onError: (error) => errors.push(error) },
    );
    nudger.nudge();
    await jest.advanceTimersByTimeAsync(1);
    nudger.nudge();
    await jest.advanceTimersByTimeAsync(20);
    expect([sent, errors.length]).toEqual([2, 2]);
  });
});
