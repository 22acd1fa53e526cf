import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../../..');
const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', 'generated']);

/** Every source file of the repository by its path from the root; hidden folders and what is built are left out. */
export function readTree(): Map<string, string> {
  const sources = new Map<string, string>();
  const walk = (folder: string): void => {
    for (const entry of readdirSync(path.join(ROOT, folder), { withFileTypes: true })) {
      const name = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!NOT_OURS.has(entry.name) && !entry.name.startsWith('.')) walk(name);
      } else if (/\.(?:[cm]?[jt]s|json)$/.test(entry.name))
        sources.set(name, readFileSync(path.join(ROOT, name), 'utf8'));
    }
  };
  walk('');
  return sources;
}
