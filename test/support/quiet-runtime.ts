import { DefaultLogger, Runtime } from '@temporalio/worker';

let installed = false;

/** Keeps the SDK's lines about workers that come and go out of the test's output; what goes wrong is still said. */
export function quietRuntime(): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { forward: {}, filter: 'temporalio_sdk_core=ERROR' } },
    shutdownSignals: [],
  });
}
