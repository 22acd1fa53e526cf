import { Runtime, type LogLevel } from '@temporalio/worker';
import type { Logger } from '../platform';

/**
 * Installs the SDK's runtime once a process: its lines go to our log, signals are ours to handle, and its own metrics are
 * served where asked.
 */
export function installRuntime(logger: Logger, metrics: { host: string; port: number | null }): void {
  const line = logger.child({ component: 'temporal' });
  const write = (level: LogLevel, message: string, meta: object = {}): void => {
    switch (level) {
      case 'TRACE':
        return line.trace(meta, message);
      case 'DEBUG':
        return line.debug(meta, message);
      case 'INFO':
        return line.info(meta, message);
      case 'WARN':
        return line.warn(meta, message);
      case 'ERROR':
        return line.error(meta, message);
    }
  };
  Runtime.install({
    logger: {
      log: write,
      trace: (message, meta) => write('TRACE', message, meta),
      debug: (message, meta) => write('DEBUG', message, meta),
      info: (message, meta) => write('INFO', message, meta),
      warn: (message, meta) => write('WARN', message, meta),
      error: (message, meta) => write('ERROR', message, meta),
    },
    shutdownSignals: [],
    telemetryOptions: {
      logging: { forward: {}, filter: 'temporalio_sdk_core=WARN' },
      ...(metrics.port === null ? {} : { metrics: { prometheus: { bindAddress: `${metrics.host}:${metrics.port}` } } }),
    },
  });
}
