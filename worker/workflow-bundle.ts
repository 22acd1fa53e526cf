import { existsSync } from 'node:fs';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';

/** Where `npm run build` puts the bundle, seen from the package's folder. */
export const BUNDLE_FILE = path.join('dist', 'workflow-bundle.js');

/** Bundles workflows/ as the build, a development start and the tests do it. */
export async function bundleWorkflows(): Promise<{ code: string }> {
  const workflowsPath = require.resolve('../workflows');
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    preloadModules: [path.join(path.dirname(workflowsPath), 'preloaded')],
    logger: new DefaultLogger('WARN'),
  });
  return { code };
}

/**
 * The bundle that a worker runs: the built one when its path is given, else bundled now.
 * @throws Error when the path is given and nothing is there: a missing build must not be papered over
 */
export async function loadWorkflowBundle(bundlePath: string | null): Promise<WorkflowBundleOption> {
  if (bundlePath === null) return bundleWorkflows();
  const codePath = path.resolve(bundlePath);
  if (!existsSync(codePath))
    throw new Error(`There is no workflow bundle at ${codePath}: run "npm run build" or correct WORKFLOW_BUNDLE_PATH.`);
  return { codePath };
}
