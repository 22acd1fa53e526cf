// Adds lock entries for optional packages of other platforms that the installing machine could not see, so that `npm ci`
// accepts package-lock.json everywhere. Run after every `npm install` and commit the result:
//   node devstack/complete-lock.mjs [--check]
import fs from 'node:fs';
import path from 'node:path';

const file = path.resolve(import.meta.dirname, '..', 'package-lock.json');
const lock = JSON.parse(fs.readFileSync(file, 'utf8'));
const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPU = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32'];
let added = 0;
for (const [path, p] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(p.optionalDependencies ?? {})) {
    // resolvable from `path` upwards?
    let at = path,
      found = false;
    for (;;) {
      if (lock.packages[(at ? at + '/' : '') + 'node_modules/' + name]) {
        found = true;
        break;
      }
      if (!at) break;
      const i = at.lastIndexOf('node_modules/');
      at = at.slice(0, Math.max(0, i - 1));
    }
    if (found || !/^\d+\.\d+\.\d+[^ ]*$/.test(version)) continue; // exact versions alone
    const words = name.split('/').pop().split('-');
    const os = OS.filter((o) => words.includes(o));
    const cpu = CPU.filter((c) => words.includes(c));
    if (!os.length && !cpu.length) continue;
    lock.packages['node_modules/' + name] = {
      version,
      ...(cpu.length && { cpu }),
      ...(p.dev && { dev: true }),
      ...(words.includes('musl') && { libc: ['musl'] }),
      ...(words.includes('gnu') && { libc: ['glibc'] }),
      optional: true,
      ...(os.length && { os }),
    };
    added++;
  }
}
if (process.argv.includes('--check')) {
  if (added > 0)
    console.error(`package-lock.json lacks ${added} optional platform entries: run node devstack/complete-lock.mjs`);
  process.exit(added > 0 ? 1 : 0);
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
fs.writeFileSync(file, JSON.stringify(lock, null, 2) + '\n');
console.log(`${added} optional platform entries added`);
