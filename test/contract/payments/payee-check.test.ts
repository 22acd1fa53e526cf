import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { noPayeeChecker, PayeeCheckLostError, VopChecker, type PayeeToCheck } from '../../../integrations/payments';
import { startSandbox, type Running } from '../../../sandbox';

const payee: PayeeToCheck = { name: 'Nora Evans', account: { iban: 'DE89370400440532013000' }, bic: 'DEUTDEFF' };
const REQUEST_ID = '019ab2c4-d5e6-7f80-91a2-b3c4d5e6f708';

let sandbox: Running;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 });
});
afterAll(() => sandbox.close());

const post = (path: string, body: unknown) =>
  fetch(`${sandbox.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const checker = () => new VopChecker({ base: sandbox.url, allowPlainHttp: false, timeoutMs: 1_000 });
const fault = (behaviour: string, more: object = {}) =>
  post('/control/faults', { provider: 'bank_transfer', operation: 'payee.check', behaviour, ...more });

test.each([
  ['Nora Evans', 'match'],
  ['NORA  EVANS', 'match'],
  ['Evans Nora', 'close_match'],
  ['Nora Evens', 'close_match'],
  ['Arun Patel', 'no_match'],
])('asked for %s, a bank that knows Nora Evans says %s', async (name, result) => {
  await post('/control/bank/holders', { account: 'DE89370400440532013000', name: 'Nora Evans' });
  expect(await checker().check({ ...payee, name }, REQUEST_ID)).toBe(result);
});

test.each([
  ['MTCH', 'match'],
  ['CMTC', 'close_match'],
  ['NMTC', 'no_match'],
  ['NOAP', 'unavailable'],
  ['FORMAT_ERROR', 'unavailable'],
])('%s means %s', async (code, result) => {
  await fault(`error:${code}`);
  const account = { number: '6222021234567894', bankCode: '102290002916' };
  expect(await checker().check({ name: '王小明', account }, REQUEST_ID)).toBe(result);
});

test.each([
  ['5xx', 'http_503'],
  ['drop-before-commit', 'connection_error'],
  ['slow', 'timeout'],
])('no answer (%s) is no result: the question may be asked again', async (behaviour, code) => {
  await fault(behaviour, behaviour === 'slow' ? { delayMs: 3_000 } : {});
  await expect(checker().check(payee, REQUEST_ID)).rejects.toMatchObject({ name: 'PayeeCheckLostError', code });
  expect(await checker().check(payee, REQUEST_ID)).toBe('match');
});

describe('on the wire', () => {
  let server: Server;
  let seen: { headers: IncomingMessage['headers']; body: unknown };
  let answer: { status: number; text: string };
  const listening = async (): Promise<VopChecker> => {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bank/`;
    return new VopChecker({ base, token: 'token-of-the-bank', allowPlainHttp: false });
  };
  beforeAll(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      request.on('end', () => {
        seen = { headers: { ...request.headers, path: request.url ?? '' }, body: JSON.parse(text) };
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.text);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('it asks as the scheme does, under an id that stays', async () => {
    answer = { status: 200, text: '{"partyNameMatch":"CMTC","matchedName":"Nora Evens"}' };
    expect(await (await listening()).check(payee, REQUEST_ID)).toBe('close_match');
    expect(seen.headers).toMatchObject({
      path: '/bank/vop/v1/payee-verifications',
      'x-request-id': REQUEST_ID,
      authorization: 'Bearer token-of-the-bank',
    });
    expect(seen.body).toEqual({
      party: { name: 'Nora Evans' },
      partyAccount: { iban: 'DE89370400440532013000' },
      partyAgent: { financialInstitutionId: { bicfi: 'DEUTDEFF' } },
    });
    await (await listening()).check({ name: 'X', account: { number: '12345', bankCode: '999' } }, REQUEST_ID);
    expect(seen.body).toEqual({
      party: { name: 'X' },
      partyAccount: { other: { identification: '12345' } },
      partyAgent: { financialInstitutionId: { clearingSystemMemberId: { memberId: '999' } } },
    });
  });

  test.each([
    ['no JSON', 'oops'],
    ['another code', '{"partyNameMatch":"YES"}'],
    ['no code', '{}'],
    ['an endless answer', `{"partyNameMatch":"MTCH","more":"${'x'.repeat(100_000)}"}`],
  ])('%s is never taken for a match', async (_what, text) => {
    answer = { status: 200, text };
    await expect((await listening()).check(payee, REQUEST_ID)).rejects.toThrow(PayeeCheckLostError);
  });

  test('what is lost says nothing of the payee', async () => {
    answer = { status: 500, text: 'Nora Evans DE89370400440532013000' };
    const failure = await (await listening()).check(payee, REQUEST_ID).catch((error: unknown) => error);
    expect(String(failure)).not.toMatch(/Nora|DE89/);
  });
});

test('credentials and names do not travel in plain to other machines', () => {
  expect(() => new VopChecker({ base: 'http://bank.example', allowPlainHttp: false })).toThrow(/https/);
});

test('without a service nobody knows', async () => {
  expect(await noPayeeChecker.check(payee, REQUEST_ID)).toBe('unavailable');
});
