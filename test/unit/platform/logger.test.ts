import { Writable } from 'node:stream';
import { createLogger } from '../../../platform';

function capture() {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { logger: createLogger({ process: 'api', level: 'info', destination }), lines };
}

describe('logger', () => {
  test('credentials and personal data are not written, wherever they stand', () => {
    const { logger, lines } = capture();
    logger.info(
      {
        req: { headers: { authorization: 'Bearer hidden', cookie: 'hidden' } },
        customer: { email: 'hidden', phone: 'hidden', name: 'hidden' },
        email: 'hidden',
        refundId: 'rf_1',
      },
      'A request came.',
    );
    expect(lines.join('')).not.toContain('"hidden"');
    expect(lines.join('')).not.toContain('Bearer');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', process: 'api', refundId: 'rf_1' });
  });

  test('an error keeps what names it and drops what hangs on it', () => {
    const { logger, lines } = capture();
    const error = Object.assign(new Error('it broke'), { code: 'E_X', request: { body: 'hidden' } });
    logger.error({ err: error }, 'Broken.');
    const line = JSON.parse(lines[0] ?? '') as { err: Record<string, unknown> };
    expect(line.err).toMatchObject({ message: 'it broke', code: 'E_X' });
    expect(lines[0]).not.toContain('hidden');
  });
});
