// Prisma migrations without the native schema engine: its WebAssembly build speaks to PostgreSQL through @prisma/adapter-pg.
//
//   create <name> [--empty]  write prisma/migrations/<time>_<name>/migration.sql: the difference from the committed
//                            migrations (replayed into a shadow database) to prisma/schema.prisma; writes nothing when
//                            they agree. --empty writes a file for hand-written SQL (CHECK, partial index, trigger).
//   check                    exit code 2 unless the committed migrations produce exactly prisma/schema.prisma.
//   deploy                   apply the committed migrations that the database of DATABASE_URL lacks (store/migrate.ts).
//   status                   report what is pending, edited or failed; exit code 2 when something is edited or failed.
//   resolve <migration>      mark a failed migration as rolled back, after its half-done work was repaired by hand.
//
// `create` and `check` need no database of yours: without DATABASE_URL they start a throw-away one. With it, they and
// `status` make and drop a shadow database beside it, so its role needs CREATEDB; `deploy` does not.
// Keep prisma, @prisma/client, @prisma/adapter-pg, @prisma/driver-adapter-utils and @prisma/schema-engine-wasm (the build
// whose hash @prisma/engines names) in step.
import { createRequire } from 'node:module';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import { startThrowAwayPostgres } from './postgres.ts';
import { applyMigrations } from '../store/migrate.ts';

const ROOT = path.resolve(import.meta.dirname, '..');
const SCHEMA = path.join(ROOT, 'prisma', 'schema.prisma');
const MIGRATIONS = path.join(ROOT, 'prisma', 'migrations');
const LOCKFILE = 'provider = "postgresql"\n';
const filters = { externalTables: [], externalEnums: [] };

/** @prisma/adapter-pg 7.10 as it stands is not fit for migrations: each override names what it repairs. */
class MigrationPg extends PrismaPg {
  #config;
  constructor(url, database) {
    const u = new URL(url);
    const config = {
      host: u.hostname,
      port: Number(u.port || 5432),
      user: decodeURIComponent(u.username),
      password: decodeURIComponent(u.password),
      database: database ?? decodeURIComponent(u.pathname.slice(1)),
      max: 1, // one session: the engine's advisory lock belongs to the session that took it
    };
    super(config);
    this.#config = { url, database: config.database };
  }
  async connect() {
    const adapter = await super.connect();
    // The adapter splits scripts at every ";", which breaks $$-quoted bodies: send the script whole instead.
    adapter.executeScript = async (script) => {
      if (script.trim())
        await adapter
          .underlyingDriver()
          .query(script)
          .catch((e) => adapter.onError(e));
    };
    // The adapter refuses the catalog type "char" (OID 18), which introspection reads and expects as a character.
    const performIO = adapter.performIO.bind(adapter);
    adapter.performIO = async (query) => {
      const result = await performIO(query);
      query.chars = result.fields
        .filter((f) => f.dataTypeID === 18 && (f.dataTypeID = 25))
        .map((f) => result.fields.indexOf(f));
      return result;
    };
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      for (const i of query.chars) result.columnTypes[i] = ColumnTypeEnum.Character;
      return result;
    };
    return adapter;
  }
  async connectToShadowDb() {
    // The adapter would spread its config and add `database`, but a connectionString wins over it: the migrations
    // would be replayed in the real database. It would also drop the shadow database before it let go of it.
    const database = `prisma_migrate_shadow_db_${crypto.randomUUID()}`;
    const admin = await this.connect();
    await admin.executeScript(`CREATE DATABASE "${database}"`);
    const shadow = await new MigrationPg(this.#config.url, database).connect();
    const end = shadow.dispose.bind(shadow);
    shadow.dispose = async () => {
      await end();
      await admin.executeScript(`DROP DATABASE "${database}" WITH (FORCE)`);
      await admin.dispose();
    };
    return shadow;
  }
}
async function schemaFiles() {
  return [{ path: SCHEMA, content: await readFile(SCHEMA, 'utf8') }];
}

async function migrationsList() {
  const dirs = await readdir(MIGRATIONS, { withFileTypes: true }).catch(() => []);
  const names = dirs
    .filter((d) => d.isDirectory())
    .map((d) => d.name)
    .sort(); // the order is the caller's business
  return {
    baseDir: MIGRATIONS,
    lockfile: { path: 'migration_lock.toml', content: LOCKFILE },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: await readFile(path.join(MIGRATIONS, name, 'migration.sql'), 'utf8').then(
            (value) => ({ tag: 'ok', value }),
            (e) => ({ tag: 'error', error: String(e) }),
          ),
        },
      })),
    ),
  };
}

async function openEngine(url) {
  // Without this registry a panic of the engine shows as a TypeError about set_message.
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (m) => console.error('engine panic:', m) };
  // The package's entry imports the .wasm file as a module, which Node 20 cannot do: instantiate it by hand.
  const dir = path.dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'));
  const bg = await import(pathToFileURL(path.join(dir, 'schema_engine_bg.js')).href);
  const { instance } = await WebAssembly.instantiate(await readFile(path.join(dir, 'schema_engine_bg.wasm')), {
    './schema_engine_bg.js': bg,
  });
  bg.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  const adapter = bindMigrationAwareSqlAdapterFactory(new MigrationPg(url));
  const datamodels = (await schemaFiles()).map((f) => [f.path, f.content]);
  const log = (line) => process.env.PRISMA_MIGRATE_DEBUG && console.error(line);
  return bg.SchemaEngine.new({ datamodels }, log, adapter);
}

const diff = async (engine) =>
  engine.diff({
    from: { tag: 'migrations', ...(await migrationsList()) },
    to: { tag: 'schemaDatamodel', files: await schemaFiles() },
    script: true,
    exitCode: true,
    shadowDatabaseUrl: null,
    filters,
  });

const commands = {
  async create(engine, name, flag) {
    if (!/^[a-z0-9_]+$/.test(name ?? '')) throw new Error('create <name>: lower-case letters, digits, _');
    const result = await diff(engine);
    if (result.exitCode === 0 && flag !== '--empty') return console.log('No difference: nothing written.');
    const time = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
    const file = path.join(MIGRATIONS, `${time}_${name}`, 'migration.sql');
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, result.exitCode === 0 ? '-- Write the SQL here.\n' : result.stdout);
    await writeFile(path.join(MIGRATIONS, 'migration_lock.toml'), LOCKFILE);
    console.log(path.relative(ROOT, file));
  },
  async status(engine) {
    const d = await engine.diagnoseMigrationHistory({
      migrationsList: await migrationsList(),
      optInToShadowDatabase: true,
      filters,
    });
    console.log(JSON.stringify(d, null, 2));
    if (d.history || d.editedMigrationNames.length || d.failedMigrationNames.length) process.exitCode = 2;
  },
  async check(engine) {
    const result = await diff(engine);
    if (result.exitCode === 0) return console.log('migrations == schema');
    console.log(result.stdout);
    process.exitCode = 2;
  },
  async resolve(engine, migrationName) {
    if (!migrationName) throw new Error('resolve <migration>');
    await engine.markMigrationRolledBack({ migrationName });
  },
};

const needsNoDatabase = new Set(['create', 'check']);

async function main([command, ...args]) {
  if (command !== 'deploy' && !Object.hasOwn(commands, command ?? '')) {
    console.error(`usage: npm run migrate -- ${['deploy', ...Object.keys(commands)].join(' | ')}`);
    return 64;
  }
  const given = process.env.DATABASE_URL;
  if (!given && !needsNoDatabase.has(command)) {
    console.error(
      `migrate ${command}: name the database in DATABASE_URL=postgresql://user:password@host:5432/database`,
    );
    return 64;
  }
  if (command === 'deploy') {
    const applied = await applyMigrations(given, { directory: MIGRATIONS });
    console.log(applied.length === 0 ? 'Nothing to apply.' : applied.map((name) => `applied ${name}`).join('\n'));
    return 0;
  }
  const server = given ? undefined : await startThrowAwayPostgres();
  try {
    const engine = await openEngine(given ?? server.url);
    await commands[command](engine, ...args);
    engine.free();
  } finally {
    await server?.stop();
  }
  return process.exitCode ?? 0;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code), // the adapter's pool would keep the process alive
  (error) => {
    console.error(error?.message ?? error); // the engine's errors carry Prisma's code (P3009, P3018 …) in the text
    process.exit(1);
  },
);
