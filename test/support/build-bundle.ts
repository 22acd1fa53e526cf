import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleWorkflows } from '../../worker';

/** Bundles workflows/ once for the whole test run. Returns the path of the file, for `workflowBundle: { codePath }`. */
export async function buildTestBundle(folder: string): Promise<string> {
  const { code } = await bundleWorkflows();
  const codePath = path.join(folder, 'workflows.js');
  writeFileSync(codePath, code);
  return codePath;
}
