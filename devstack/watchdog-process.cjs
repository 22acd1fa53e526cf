'use strict';
// Outlives its parent to tidy up after it: the parent writes what it started as lines of JSON to our standard input, and
// when that pipe closes (the parent stopped in order, crashed, or was killed outright) whatever still lives is ended.
//
//   {"watch": pid, "started": "…", "signals": ["SIGTERM", …]}   end this process group with these signals, in this order
//   {"forget": pid}                                             it ended by itself
//   {"removeDir": "/path"}                                      remove this folder at the end
//
// Plain JavaScript, so that it starts at once and stays small.
const { rmSync } = require('node:fs');
const readline = require('node:readline');
const { startOf } = require('./process-identity.cjs');

const PATIENCE_MS = 5_000;
const watched = new Map();
const folders = new Set();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

const lines = readline.createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const message = JSON.parse(line);
  if (message.watch !== undefined) watched.set(message.watch, message);
  if (message.forget !== undefined) watched.delete(message.forget);
  if (message.removeDir !== undefined) folders.add(message.removeDir);
});
lines.on('close', () => void endAll());

async function endAll() {
  // The last started depend on the first: end them in the opposite order, as an ordered stop does.
  for (const entry of [...watched.values()].reverse()) await end(entry);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  process.exit(0);
}

async function end({ watch: pid, started, signals }) {
  for (const signal of [...signals, 'SIGKILL']) {
    if (startOf(pid) !== started) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error; // it ended in this instant
      return;
    }
    const endsAt = Date.now() + PATIENCE_MS;
    while (startOf(pid) === started && Date.now() < endsAt) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
