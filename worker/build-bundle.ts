import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BUNDLE_FILE, bundleWorkflows } from './workflow-bundle';

async function build(): Promise<void> {
  const { code } = await bundleWorkflows();
  const file = path.resolve(BUNDLE_FILE);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, code);
  process.stdout.write(`Workflow bundle: ${BUNDLE_FILE}, ${Math.round(code.length / 1_024)} KB.\n`);
}

build().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
