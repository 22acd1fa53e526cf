'use strict';
// Plain JavaScript, because the watchdog runs it without a TypeScript loader.
const { execFileSync } = require('node:child_process');
const { existsSync, readFileSync } = require('node:fs');

const hasProc = existsSync('/proc/self/stat');
// Start times count from the boot, so another boot can repeat them.
const boot =
  hasProc && existsSync('/proc/sys/kernel/random/boot_id')
    ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    : '';

/**
 * When a process started, as an opaque text that no later process with the same pid shares. `undefined`: no such
 * process (a zombie counts as gone: it holds nothing and cannot be ended).
 * @param {number} pid
 * @returns {string | undefined}
 */
function startOf(pid) {
  try {
    if (!hasProc) {
      const [state, ...started] = ps(pid, 'state=,lstart=').split(/\s+/);
      return state === undefined || state === '' || state.startsWith('Z') ? undefined : started.join(' ');
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in brackets and may hold anything, blanks and brackets included.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${boot}:${fields[19]}`;
  } catch {
    return undefined; // the process ended before it could be read
  }
}

/**
 * The command line of a process, arguments joined by blanks; empty when it is gone or may not be read.
 * @param {number} pid
 * @returns {string}
 */
function commandLineOf(pid) {
  try {
    return hasProc ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim() : ps(pid, 'command=');
  } catch {
    return '';
  }
}

function ps(pid, format) {
  return execFileSync('ps', ['-o', format, '-p', String(pid)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

module.exports = { startOf, commandLineOf };
