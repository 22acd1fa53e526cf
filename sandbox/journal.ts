import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** One change of one row; a `null` value deletes the row. */
export type Change = readonly [table: string, key: string, value: unknown];

/** The log is rewritten when it holds this many lines more than there are live rows. */
const COMPACT_AFTER_SPARE_LINES = 50_000;

/**
 * A named map of rows. Reading is direct; writing goes through `Journal.commit`, so that a row is in the file before
 * anybody can be told about it. Rows are values: replace them, never mutate them.
 */
export class Table<T> {
  private readonly rows = new Map<string, T>();

  constructor(readonly name: string) {}

  /** Row of that key, if there is one. */
  get(key: string): T | undefined {
    return this.rows.get(key);
  }

  /** All rows in the order in which they were first written. */
  all(): T[] {
    return [...this.rows.values()];
  }

  /** All keys in the order in which they were first written. */
  keys(): string[] {
    return [...this.rows.keys()];
  }

  get size(): number {
    return this.rows.size;
  }

  /** The change that writes the row; hand it to `Journal.commit`. */
  put(key: string, value: T): Change {
    return [this.name, key, value];
  }

  /** The change that deletes the row; hand it to `Journal.commit`. */
  remove(key: string): Change {
    return [this.name, key, null];
  }

  /** The changes that delete every row. */
  clear(): Change[] {
    return this.keys().map((key) => this.remove(key));
  }

  /** For the journal alone: takes over a committed change. */
  apply(key: string, value: unknown): void {
    if (value === null) this.rows.delete(key);
    else this.rows.set(key, value as T);
  }
}

/**
 * The memory of a stand-in: tables in memory, and an append-only JSONL file that brings them back.
 *
 * 1. `commit` writes all its changes as one line, before it returns and before they are visible: a process killed at any
 *    point has either all of them or none.
 * 2. A torn last line (the process was killed while writing it) is dropped at the next start; nobody was told of it.
 * 3. Lines are not fsynced: they survive the death of the process, not that of the machine.
 */
export class Journal {
  private readonly tables = new Map<string, Table<unknown>>();
  private descriptor: number | undefined;
  private lines = 0;

  private constructor(private readonly path: string | undefined) {}

  /**
   * Opens the journal and replays what the file holds.
   * @param path file to keep the state in; without it the state lives in memory alone
   */
  static open(path?: string): Journal {
    const journal = new Journal(path);
    if (path !== undefined) {
      mkdirSync(dirname(path), { recursive: true });
      if (existsSync(path)) journal.replay(readFileSync(path, 'utf8'));
      journal.compact();
    }
    return journal;
  }

  /** The table of that name, created when it is asked for the first time. */
  table<T>(name: string): Table<T> {
    const known = this.tables.get(name);
    if (known !== undefined) return known as Table<T>;
    const table = new Table<T>(name);
    this.tables.set(name, table as Table<unknown>);
    return table;
  }

  /** Writes the changes as one indivisible line, then makes them visible. */
  commit(...changes: Change[]): void {
    if (changes.length === 0) return;
    if (this.descriptor !== undefined) {
      writeSync(this.descriptor, `${JSON.stringify(changes)}\n`);
      this.lines += 1;
    }
    for (const [table, key, value] of changes) this.table(table).apply(key, value);
    if (this.lines > this.liveRows() + COMPACT_AFTER_SPARE_LINES) this.compact();
  }

  /** Empties every table but those named. */
  clear(except: ReadonlySet<string>): void {
    const emptied = [...this.tables.values()].filter((table) => !except.has(table.name));
    this.commit(...emptied.flatMap((table) => table.clear()));
  }

  /** Closes the file; the journal keeps working in memory. */
  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private liveRows(): number {
    let rows = 0;
    for (const table of this.tables.values()) rows += table.size;
    return rows;
  }

  private replay(text: string): void {
    const lines = text.split('\n');
    // Every committed line ends with a newline, so the last element is empty or torn.
    lines.pop();
    for (const [index, line] of lines.entries()) {
      for (const [table, key, value] of this.read(line, index + 1)) this.table(table).apply(key, value);
    }
  }

  private read(line: string, lineNumber: number): Change[] {
    try {
      return JSON.parse(line) as Change[];
    } catch (error) {
      const where = `${this.path ?? 'the journal'}, line ${lineNumber}`;
      throw new Error(`The sandbox cannot read its state (${where}). Remove the file to begin anew.`, { cause: error });
    }
  }

  private compact(): void {
    if (this.path === undefined) return;
    const lines: string[] = [];
    for (const table of this.tables.values()) {
      for (const key of table.keys()) lines.push(`${JSON.stringify([table.put(key, table.get(key))])}\n`);
    }
    const draft = `${this.path}.new`;
    writeFileSync(draft, lines.join(''), { mode: 0o600 });
    this.close();
    renameSync(draft, this.path);
    this.descriptor = openSync(this.path, 'a', 0o600);
    this.lines = lines.length;
  }
}
