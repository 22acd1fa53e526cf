import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../../devstack/ports';
import { databaseUrl, ensureDatabase, postgresProgram, throwAwayDir } from '../../devstack/postgres';
import { Supervisor } from '../../devstack/supervisor';
import { temporalProgram } from '../../devstack/temporal';
import { applyMigrations } from '../../store/migrate';
import { TEMPLATE_DATABASE, type BrokerAnswers } from './ask';
import { buildTestBundle } from './build-bundle';

const say = (line: string) => process.stderr.write(`${line}\n`);

/**
 * What a whole test run shares: each part is started when the first test file asks for it, and everything ends with
 * {@link close} or with this process, also when it is killed.
 */
export class Broker {
  readonly #home = throwAwayDir('redress-test-');
  readonly #supervisor = new Supervisor({ home: this.#home, say });
  readonly #parts = new Map<string, Promise<unknown>>();
  readonly #makers: { [Name in keyof BrokerAnswers]: () => Promise<BrokerAnswers[Name]> } = {
    '/database': () => this.#startDatabase(),
    '/temporal': () => this.#startTemporal(),
    '/bundle': () => this.#buildBundle(),
  };

  constructor() {
    this.#supervisor.removeDirAtEnd(this.#home);
  }

  /** The answer of one part, started now or before. */
  provide(name: string): Promise<unknown> {
    const known = this.#parts.get(name);
    if (known !== undefined) return known;
    if (!Object.hasOwn(this.#makers, name)) return Promise.reject(new Error(`the test broker does not know ${name}`));
    const made = this.#makers[name as keyof BrokerAnswers]();
    this.#parts.set(name, made);
    return made;
  }

  async close(): Promise<void> {
    await this.#supervisor.stop();
  }

  async #startDatabase(): Promise<{ port: number }> {
    const port = await freePort();
    const dataDir = path.join(this.#home, 'postgres');
    await this.#supervisor.start(await postgresProgram({ dataDir, port, durable: false }));
    await ensureDatabase(port, TEMPLATE_DATABASE);
    await applyMigrations(databaseUrl(port, TEMPLATE_DATABASE));
    return { port };
  }

  async #startTemporal(): Promise<{ address: string }> {
    const port = await freePort();
    await this.#supervisor.start(await temporalProgram({ port, say }));
    return { address: `127.0.0.1:${port}` };
  }

  async #buildBundle(): Promise<{ codePath: string }> {
    const folder = path.join(this.#home, 'bundle');
    mkdirSync(folder, { recursive: true });
    return { codePath: await buildTestBundle(folder) };
  }
}
