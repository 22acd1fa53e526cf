import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile, mkdir, rename } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadWorkerConfig } from '../../../config';
import {
  BankTransferGateway,
  createGateways,
  DirectoryExchange,
  HttpExchange,
  type BankDestination,
  type BankTransferAccountOptions,
} from '../../../integrations/payments';
import { startSandbox } from '../../../sandbox';
import { createOutsideWorld } from '../../../worker/outside-world';
import { sandboxControls } from '../support/sandbox-controls';
import { fileGatewaySuite, type FileGatewayWorld } from './file-gateway-suite';

const TIMEOUT_MS = 500;
const NOW = '2026-11-02T02:00:00.000Z';
const PAYEE: BankDestination = { name: 'Müller & Söhne <GmbH>', account: { iban: 'DE89 3704 0044 0532 0130 00' } };

const directories: string[] = [];

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bank-'));
  directories.push(directory);
  return directory;
}

afterAll(async () => {
  await Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true })));
});

function accountOf(more: Partial<BankTransferAccountOptions> & { directory: string }): BankTransferAccountOptions {
  return {
    merchantAccount: 'default',
    mode: 'test',
    exchange: new DirectoryExchange(path.join(more.directory, 'inbox')),
    debtor: { name: 'Shop Ltd', account: { number: '6222020000000000' }, bic: 'ICBKCNBJXXX' },
    currencies: ['EUR', 'JPY', 'KWD'],
    resolveDestination: async () => PAYEE,
    ...more,
  };
}

const httpExchange = (base: string) => new HttpExchange({ base, allowPlainHttp: false, timeoutMs: TIMEOUT_MS });

async function releaseAt(gateway: BankTransferGateway, reference: string): Promise<void> {
  const waiting = (await gateway.waiting()).find((one) => one.reference === reference);
  const sha256 = waiting?.sha256 ?? 'nothing waits';
  await gateway.approve(reference, { personId: 'p1', at: NOW, sha256 });
  await gateway.approve(reference, { personId: 'p2', at: NOW, sha256 });
}

async function call(method: string, url: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? null : response.json();
}

async function startWorld(): Promise<FileGatewayWorld> {
  const sandbox = await startSandbox({ port: 0 });
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const closedUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  await new Promise((resolve) => silent.close(resolve));
  const directory = await newDirectory();
  const at = (folder: string, url = sandbox.url) =>
    new BankTransferGateway(accountOf({ directory: folder, exchange: httpExchange(url) }));
  const gateway = at(directory);
  const file = path.join(directory, 'a-file');
  await writeFile(file, '');
  return {
    gateway,
    unreachable: at(path.join(file, 'below-a-file'), closedUrl),
    currency: 'EUR',
    timeoutMs: TIMEOUT_MS,
    refusalCode: 'AC01',
    tooLittleMoney: 'AM04',
    capture: async () => `pay_${randomBytes(8).toString('hex')}`,
    ...sandboxControls(sandbox.url, 'bank_transfer', { instruct: 'file.send', query: 'file.list' }),
    release: (reference) => releaseAt(gateway, reference),
    afterLoss: async () => at(await newDirectory()),
    giveBack: async (reference, reason) => {
      await call('POST', `${sandbox.url}/control/bank/transfers/${reference}/return`, { reason });
    },
    stateAgain: async (reference) => {
      await call('POST', `${sandbox.url}/control/bank/transfers/${reference}/statement`, {});
    },
    close: () => sandbox.close(),
  };
}

fileGatewaySuite('bank_transfer', startWorld);

const instruction = {
  reference: 'R1',
  refundId: 'rf_1',
  providerPaymentId: 'pay_1',
  amountMinor: 1_250,
  currency: 'EUR',
  now: NOW,
  instructedBefore: false,
};

describe('bank_transfer: before anything is written', () => {
  test.each<[string, BankDestination | null, string]>([
    ['no destination', null, 'no_destination'],
    ['an IBAN with two digits exchanged', { ...PAYEE, account: { iban: 'DE89370400440532031000' } }, 'invalid_iban'],
    ['an account number that is none', { ...PAYEE, account: { number: '12<34' } }, 'invalid_account_number'],
    ['a BIC that is none', { ...PAYEE, bic: 'NOBANK' }, 'invalid_bic'],
    ['a payee without a name', { ...PAYEE, name: ' \u0007 ' }, 'no_payee_name'],
  ])('%s is failed, and no file exists', async (_what, destination, code) => {
    const directory = await newDirectory();
    const gateway = new BankTransferGateway(accountOf({ directory, resolveDestination: async () => destination }));
    expect(await gateway.instruct(instruction)).toMatchObject({
      outcome: 'failed',
      failure: { class: 'wrong_account_details', code },
    });
    expect(await readdir(directory)).toEqual([]);
  });

  test('a currency that the account does not pay in is failed', async () => {
    const gateway = new BankTransferGateway(accountOf({ directory: await newDirectory() }));
    expect(await gateway.instruct({ ...instruction, currency: 'USD' })).toMatchObject({
      outcome: 'failed',
      failure: { code: 'currency_not_supported' },
    });
  });
});

describe('bank_transfer: the file', () => {
  test.each([
    [1_250, 'EUR', '12.50'],
    [1_250, 'JPY', '1250'],
    [1_250, 'KWD', '1.250'],
    [999_999_999_999, 'EUR', '9999999999.99'],
  ])('%i %s is written as %s, and names are escaped', async (amountMinor, currency, decimal) => {
    const directory = await newDirectory();
    const gateway = new BankTransferGateway(accountOf({ directory }));
    await gateway.instruct({ ...instruction, amountMinor, currency });
    const file = path.join(directory, 'outbox', 'R1', 'outgoing.xml');
    const xml = await readFile(file, 'utf8');
    expect(xml).toContain(`<InstdAmt Ccy="${currency}">${decimal}</InstdAmt>`);
    expect(xml).toContain(`<CtrlSum>${decimal}</CtrlSum>`);
    expect(xml).toContain('<Nm>Müller &amp; Söhne &lt;GmbH&gt;</Nm>');
    expect(xml).toContain('<IBAN>DE89370400440532013000</IBAN>');
    expect(xml).toContain('<MsgId>R1</MsgId>');
    expect(xml).toContain('<EndToEndId>R1</EndToEndId>');
    expect((await stat(file)).mode & 0o077).toBe(0);
  });
});

describe('bank_transfer: two persons', () => {
  async function waitingOne() {
    const directory = await newDirectory();
    const gateway = new BankTransferGateway(accountOf({ directory }));
    await gateway.instruct(instruction);
    const [waiting] = await gateway.waiting();
    if (waiting === undefined) throw new Error('nothing waits');
    const approve = (personId: string, sha256 = waiting.sha256) => gateway.approve('R1', { personId, at: NOW, sha256 });
    const released = () => readdir(path.join(directory, 'released')).catch(() => [] as string[]);
    return { directory, gateway, waiting, approve, released };
  }

  test('one person alone releases nothing, however often', async () => {
    const { waiting, approve, released } = await waitingOne();
    expect(waiting).toMatchObject({ amountMinor: 1_250, payeeName: PAYEE.name, accountEnd: '3000', approvals: [] });
    expect(await approve('p1')).toEqual({ outcome: 'awaits_second_person' });
    expect(await approve('p1')).toEqual({ outcome: 'refused', reason: 'same_person' });
    expect(await released()).toEqual([]);
    expect(await approve('p2')).toEqual({ outcome: 'released' });
    expect(await released()).toEqual(['R1.xml']);
    expect(await approve('p3')).toEqual({ outcome: 'refused', reason: 'already_released' });
  });

  test('ten persons at once release it once', async () => {
    const { approve, released, gateway } = await waitingOne();
    const outcomes = await Promise.all(Array.from({ length: 10 }, (_none, n) => approve(`p${n}`)));
    expect(outcomes.filter(({ outcome }) => outcome === 'released')).toHaveLength(1);
    expect(await released()).toEqual(['R1.xml']);
    expect(await gateway.waiting()).toEqual([]);
  });

  test('bytes that nobody was shown are not released', async () => {
    const { directory, approve, released } = await waitingOne();
    await approve('p1');
    const outgoing = path.join(directory, 'outbox', 'R1', 'outgoing.xml');
    await writeFile(outgoing, (await readFile(outgoing, 'utf8')).replaceAll('12.50', '99.50'));
    expect(await approve('p2')).toEqual({ outcome: 'refused', reason: 'other_content' });
    expect(await released()).toEqual([]);
  });

  test('a process killed between the second approval and the move: the next query moves it', async () => {
    const { directory, gateway, waiting, approve, released } = await waitingOne();
    await approve('p1');
    const approval = { personId: 'p2', at: NOW, sha256: waiting.sha256 };
    await writeFile(path.join(directory, 'outbox', 'R1', 'approval-2.json'), JSON.stringify(approval));
    await mkdir(path.join(directory, 'inbox'));
    expect(await released()).toEqual([]);
    expect(await gateway.query({ ...instruction, providerRefundId: null })).toMatchObject({ outcome: 'pending' });
    expect(await released()).toEqual(['R1.xml']);
  });

  test('an unknown reference is refused', async () => {
    const { gateway } = await waitingOne();
    expect(await gateway.approve('R2', { personId: 'p1', at: NOW, sha256: '' })).toEqual({
      outcome: 'refused',
      reason: 'not_found',
    });
  });
});

describe('bank_transfer: several processes', () => {
  test('workers that share a directory write one instruction, also when they disagree about the amount', async () => {
    const directory = await newDirectory();
    await mkdir(path.join(directory, 'inbox'));
    const workers = Array.from({ length: 6 }, () => new BankTransferGateway(accountOf({ directory })));
    const sightings = await Promise.all(
      workers.map((worker, n) => worker.instruct({ ...instruction, amountMinor: 1_000 + (n % 2) })),
    );
    const [waiting, ...others] = (await workers[0]?.waiting()) ?? [];
    expect(others).toEqual([]);
    const agreeing = sightings.filter((_sighting, n) => 1_000 + (n % 2) === waiting?.amountMinor);
    expect(agreeing.map(({ outcome }) => outcome)).toEqual(['pending', 'pending', 'pending']);
    expect(sightings.filter(({ failure }) => failure?.code === 'reference_used')).toHaveLength(3);
    expect((await readdir(path.join(directory, 'outbox'))).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('a bank that restarts books what it had taken in, and keeps what it had said', async () => {
    const directory = await newDirectory();
    const stateFile = path.join(directory, 'sandbox.jsonl');
    const first = await startSandbox({ port: 0, stateFile });
    const send = new BankTransferGateway(accountOf({ directory, exchange: httpExchange(first.url) }));
    const fault = { provider: 'bank_transfer', reference: 'R1', behaviour: 'pending-ok', delayMs: 1_000 };
    await call('POST', `${first.url}/control/faults`, fault);
    await send.instruct(instruction);
    await releaseAt(send, 'R1');
    await first.close();
    const second = await startSandbox({ port: 0, stateFile });
    try {
      const ask = new BankTransferGateway(accountOf({ directory, exchange: httpExchange(second.url) }));
      const deadline = Date.now() + 20_000;
      for (;;) {
        const sighting = await ask.query({ ...instruction, providerRefundId: null });
        if (sighting.outcome === 'succeeded') break;
        expect(sighting.outcome).toBe('pending');
        if (Date.now() > deadline) throw new Error('it was never booked');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(await call('GET', `${second.url}/ledger`)).toMatchObject([{ reference: 'R1', status: 'succeeded' }]);
    } finally {
      await second.close();
    }
  });
});

describe('bank_transfer: directories', () => {
  test('the bank fetches from released/ and answers into the inbox; half a file does not hide the whole one', async () => {
    const directory = await newDirectory();
    const inbox = path.join(directory, 'inbox');
    await mkdir(inbox);
    const gateway = new BankTransferGateway(accountOf({ directory }));
    const query = () => gateway.query({ ...instruction, providerRefundId: null });
    await gateway.instruct(instruction);
    await releaseAt(gateway, 'R1');
    // The bank's transfer program takes the file away.
    await rename(path.join(directory, 'released', 'R1.xml'), path.join(directory, 'taken.xml'));
    expect(await query()).toMatchObject({ outcome: 'pending' });
    const word = (status: string) =>
      `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt><OrgnlPmtInfAndSts>` +
      `<TxInfAndSts><OrgnlEndToEndId>R1</OrgnlEndToEndId><TxSts>${status}</TxSts></TxInfAndSts>` +
      `</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>`;
    await writeFile(path.join(inbox, '.hidden'), word('RJCT'));
    await writeFile(path.join(inbox, 'a.xml.part'), word('RJCT'));
    await writeFile(path.join(inbox, 'a.xml'), word('ACSC').slice(0, -40));
    expect(await query()).toMatchObject({ outcome: 'unknown', failure: { code: 'unreadable_file' } });
    expect(await gateway.unreadableFiles()).toEqual([{ name: 'a.xml', code: 'not_well_formed' }]);
    await writeFile(path.join(inbox, 'a.xml'), word('ACSC'));
    expect(await query()).toMatchObject({ outcome: 'succeeded' });
    expect(await gateway.instruct({ ...instruction, instructedBefore: true })).toMatchObject({ outcome: 'succeeded' });
    expect(await readdir(path.join(directory, 'released'))).toEqual([]);
  });
});

describe('bank_transfer: a drop that misbehaves', () => {
  async function serve(listener: RequestListener): Promise<{ url: string; stop: () => Promise<void> }> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      stop: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  const query = { ...instruction, providerRefundId: null };

  test('a file that the drop refuses stays pending, with the reason, and goes once the drop takes it', async () => {
    let status = 413;
    const posted: string[] = [];
    const drop = await serve((request, response) => {
      if (request.method === 'POST' && status < 300) posted.push(request.url ?? '');
      response.statusCode = request.method === 'POST' ? status : 200;
      response.end('{"files":[]}');
    });
    try {
      const gateway = new BankTransferGateway(
        accountOf({ directory: await newDirectory(), exchange: httpExchange(drop.url) }),
      );
      await gateway.instruct(instruction);
      await releaseAt(gateway, 'R1');
      const held = await gateway.query(query);
      expect(held).toMatchObject({ outcome: 'pending', failure: { code: 'not_delivered:http_413' } });
      status = 202;
      expect(await gateway.query(query)).toMatchObject({ outcome: 'pending', failure: null });
      expect(await gateway.query(query)).toMatchObject({ outcome: 'pending', failure: null });
      expect(posted).toEqual(['/bank/files?name=R1.xml']);
    } finally {
      await drop.stop();
    }
  });

  test('an endless file and one that has gone do not keep the others away', async () => {
    const good =
      '<Document><CstmrPmtStsRpt><OrgnlPmtInfAndSts><TxInfAndSts><OrgnlEndToEndId>R1</OrgnlEndToEndId>' +
      '<TxSts>ACSC</TxSts></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>';
    const drop = await serve((request, response) => {
      if (request.url === '/bank/files') {
        response.end(JSON.stringify({ files: ['huge.xml', 'gone.xml', 'good.xml'].map((name) => ({ name })) }));
      } else if (request.url === '/bank/files/huge.xml') {
        response.end(Buffer.alloc(17 * 1024 * 1024, 'R1 '));
      } else if (request.url === '/bank/files/good.xml') response.end(good);
      else {
        response.statusCode = 404;
        response.end();
      }
    });
    try {
      const exchange = new HttpExchange({ base: drop.url, allowPlainHttp: false, timeoutMs: 10_000 });
      const gateway = new BankTransferGateway(accountOf({ directory: await newDirectory(), exchange }));
      expect(await gateway.query(query)).toMatchObject({ outcome: 'succeeded' });
      expect(await gateway.unreadableFiles()).toEqual([{ name: 'huge.xml', code: 'file_too_large' }]);
    } finally {
      await drop.stop();
    }
  });

  test.each(['not json', '{"files":[{"name":"../../etc/passwd"}]}', '{}'])(
    'a listing of %s is unknown, never an answer',
    async (listing) => {
      const drop = await serve((_request, response) => response.end(listing));
      try {
        const gateway = new BankTransferGateway(
          accountOf({ directory: await newDirectory(), exchange: httpExchange(drop.url) }),
        );
        await gateway.instruct(instruction);
        expect(await gateway.query(query)).toMatchObject({
          outcome: 'unknown',
          failure: { code: 'unreadable_listing' },
        });
      } finally {
        await drop.stop();
      }
    },
  );
});

describe('bank_transfer: accounts', () => {
  test('an account is found by provider, name and mode; one that cannot pay is refused at start', async () => {
    const account = accountOf({ directory: await newDirectory() });
    const gateways = createGateways({ bank_transfer: [account] });
    expect(gateways.find('bank_transfer', 'default', 'test')).toBeInstanceOf(BankTransferGateway);
    expect(gateways.find('bank_transfer', 'default', 'live')).toBeNull();
    const debtor = { name: 'Shop', account: { iban: 'DE00' } };
    expect(() => createGateways({ bank_transfer: [{ ...account, debtor }] })).toThrow(/invalid_iban/);
    expect(() => createGateways({ bank_transfer: [account, account] })).toThrow(/twice/);
    expect(() => new HttpExchange({ base: 'http://bank.example', allowPlainHttp: false })).toThrow(/https/);
  });
});

describe('bank_transfer: the configuration', () => {
  const needed = { DATABASE_URL: 'postgresql://a:b@127.0.0.1:1/x', SMTP_URL: 'smtp://127.0.0.1:1', MAIL_FROM: 'a@b.c' };
  const account = {
    BANK_TRANSFER_DEBTOR_NAME: 'Shop Ltd',
    BANK_TRANSFER_DEBTOR_ACCOUNT: '6222020200112233',
    BANK_TRANSFER_CURRENCIES: 'CNY, EUR',
    DATA_KEYS: `test:${'A'.repeat(43)}=`,
    DATA_INDEX_KEY: `${'B'.repeat(42)}A=`,
  };

  test('an account of the environment refuses what has no destination, and writes nothing', async () => {
    const directory = await newDirectory();
    const config = loadWorkerConfig({ ...needed, ...account, BANK_TRANSFER_DIRECTORY: directory });
    const gateway = createOutsideWorld(config).gateways.find('bank_transfer', 'default', 'test');
    expect(await gateway?.instruct({ ...instruction, currency: 'CNY' })).toMatchObject({
      outcome: 'failed',
      failure: { code: 'no_destination' },
    });
    expect(gateway?.capabilities.refuses(1, 'USD')).toBe('currency_not_supported');
    expect(await readdir(directory)).toEqual([]);
  });

  test('without its variables there is no account; with a part of them the worker does not start', () => {
    expect(createOutsideWorld(loadWorkerConfig(needed)).gateways.find('bank_transfer', 'default', 'test')).toBeNull();
    expect(() => loadWorkerConfig({ ...needed, ...account })).toThrow(/BANK_TRANSFER_DIRECTORY/);
    const wrong = { ...needed, ...account, BANK_TRANSFER_DIRECTORY: '/nowhere', BANK_TRANSFER_DEBTOR_ACCOUNT: 'DE00' };
    expect(() => createOutsideWorld(loadWorkerConfig(wrong))).toThrow(/invalid_iban/);
  });
});
