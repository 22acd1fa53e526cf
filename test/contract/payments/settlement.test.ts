import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SettlementLine } from '../../../domain/reconciliation';
import {
  createGateways,
  createSettlementSources,
  HttpExchange,
  SettlementUnreadableError,
  type AlipayAccountOptions,
  type BankTransferAccountOptions,
  type PaymentGateway,
  type SettlementSource,
  type WeChatPayAccountOptions,
} from '../../../integrations/payments';
import { readBill as readAlipayBill } from '../../../integrations/payments/alipay/bill';
import { unzip, ZipError } from '../../../integrations/payments/alipay/unzip';
import { readBankFile } from '../../../integrations/payments/bank-transfer/bank-files';
import { readDayStatements } from '../../../integrations/payments/bank-transfer/day-statement';
import { buildPain001 } from '../../../integrations/payments/bank-transfer/pain001';
import { readBill as readWeChatPayBill } from '../../../integrations/payments/wechat-pay/bill';
import { WeChatPayClient } from '../../../integrations/payments/wechat-pay/client';
import { startSandbox } from '../../../sandbox';
import { zip } from '../../../sandbox/alipay/zip';
import { generateWeChatPayCredentials } from '../../../sandbox/wechat-pay';
import { APP_ID, newAlipayKeys, newKeyPair, setupOf } from '../support/alipay-sandbox';
import { call } from '../support/wire';
import { settlementSuite, type SettlementWorld } from './settlement-suite';

const alipayKeys = newAlipayKeys();
const weChatPayKeys = generateWeChatPayCredentials();

/** An address on which nothing listens. */
async function closedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

const account = { merchantAccount: 'default', mode: 'test' } as const;
const stripeAt = (apiBase: string) => ({ ...account, secretKey: 'sk_test_settlement', apiBase });
const alipayAt = (apiBase: string): AlipayAccountOptions => ({
  ...account,
  appId: APP_ID,
  privateKey: alipayKeys.app.privateKey,
  alipayPublicKey: alipayKeys.alipay.publicKey,
  apiBase,
});
const weChatPayAt = (apiBase: string): WeChatPayAccountOptions => ({
  ...account,
  merchantId: weChatPayKeys.merchantId,
  certificateSerial: weChatPayKeys.merchantSerial,
  privateKey: weChatPayKeys.merchantPrivateKey,
  platformKeys: [{ serial: weChatPayKeys.platformSerial, pem: weChatPayKeys.platformPublicKey }],
  apiBase,
});
const DEBTOR = { name: 'Shop Ltd', account: { number: '6222020000000000' } };
const bankAt = (base: string): BankTransferAccountOptions => ({
  ...account,
  directory: '/nowhere',
  exchange: new HttpExchange({ base, allowPlainHttp: true }),
  debtor: DEBTOR,
  currencies: ['CNY'],
  resolveDestination: async () => null,
});

function sourceOf(options: Parameters<typeof createSettlementSources>[0]): SettlementSource {
  const registry = createSettlementSources(options);
  const [only] = registry.accounts();
  const source = only && registry.find(only.provider, only.merchantAccount, only.mode);
  if (source === undefined || source === null) throw new Error('the source is not registered');
  return source;
}

async function refundBy(
  gateway: PaymentGateway | null,
  refund: { reference: string; providerPaymentId: string; amountMinor: number },
): Promise<void> {
  const now = new Date().toISOString();
  const more = { refundId: 'rf_1', capturedMinor: 50_000, currency: 'CNY', now, instructedBefore: false };
  const seen = await gateway?.instruct({ ...refund, ...more });
  if (seen?.outcome !== 'succeeded') throw new Error(`not refunded: ${JSON.stringify(seen)}`);
}

const common = { currency: 'CNY', closeDay: async () => undefined } as const;

settlementSuite(
  'stripe',
  { isFile: false, isSummed: false, showsPayments: true, showsReturns: true },
  async (): Promise<SettlementWorld> => {
    const sandbox = await startSandbox({ port: 0 });
    const gateway = createGateways({ stripe: [stripeAt(sandbox.url)] }).find('stripe', 'default', 'test');
    return {
      ...common,
      url: sandbox.url,
      source: sourceOf({ stripe: [stripeAt(sandbox.url)] }),
      unreachable: sourceOf({ stripe: [stripeAt(await closedUrl())] }),
      refund: async (reference, amountMinor) => {
        const id = `pi_${randomBytes(8).toString('hex')}`;
        const body = { id, amountMinor: 50_000, currency: 'CNY' };
        const { chargeId } = (await call('POST', `${sandbox.url}/control/stripe/payment_intents`, body)) as {
          chargeId: string;
        };
        await refundBy(gateway, { reference, providerPaymentId: id, amountMinor });
        return [id, chargeId];
      },
      giveBack: async () => {
        const list = (await (
          await fetch(`${sandbox.url}/v1/refunds`, { headers: { authorization: 'Bearer sk_test_x' } })
        ).json()) as { data: { id: string }[] };
        await call('POST', `${sandbox.url}/control/stripe/refunds/${list.data[0]?.id}/status`, { status: 'failed' });
      },
      close: () => sandbox.close(),
    };
  },
);

settlementSuite(
  'alipay',
  { isFile: true, isSummed: true, showsPayments: true, showsReturns: false },
  async (): Promise<SettlementWorld> => {
    const sandbox = await startSandbox({ port: 0, alipay: setupOf(alipayKeys) });
    const gateway = createGateways({ alipay: [alipayAt(sandbox.url)] }).find('alipay', 'default', 'test');
    return {
      ...common,
      url: sandbox.url,
      source: sourceOf({ alipay: [alipayAt(sandbox.url)] }),
      unreachable: sourceOf({ alipay: [alipayAt(await closedUrl())] }),
      refund: async (reference, amountMinor) => {
        const outTradeNo = `T${randomBytes(8).toString('hex')}`;
        const trade = (await call('POST', `${sandbox.url}/control/alipay/trades`, {
          outTradeNo,
          amountMinor: 50_000,
        })) as {
          tradeNo: string;
        };
        await refundBy(gateway, { reference, providerPaymentId: outTradeNo, amountMinor });
        return [trade.tradeNo, outTradeNo];
      },
      giveBack: () => Promise.reject(new Error('Alipay’s bill shows what was done, not what came back later.')),
      close: () => sandbox.close(),
    };
  },
);

settlementSuite(
  'wechat_pay',
  { isFile: true, isSummed: true, showsPayments: true, showsReturns: true },
  async (): Promise<SettlementWorld> => {
    const sandbox = await startSandbox({ port: 0, wechatPay: weChatPayKeys });
    await call('POST', `${sandbox.url}/control/wechat_pay/settings`, { settleAfterMs: 0 });
    const gateway = createGateways({ wechat_pay: [weChatPayAt(sandbox.url)] }).find('wechat_pay', 'default', 'test');
    return {
      ...common,
      url: sandbox.url,
      source: sourceOf({ wechat_pay: [weChatPayAt(sandbox.url)] }),
      unreachable: sourceOf({ wechat_pay: [weChatPayAt(await closedUrl())] }),
      refund: async (reference, amountMinor) => {
        const paid = (await call('POST', `${sandbox.url}/control/wechat_pay/payments`, { amountMinor: 50_000 })) as {
          transactionId: string;
          outTradeNo: string;
        };
        await refundBy(gateway, { reference, providerPaymentId: paid.transactionId, amountMinor });
        return [paid.transactionId, paid.outTradeNo];
      },
      giveBack: async (reference) => {
        await call('POST', `${sandbox.url}/control/wechat_pay/refunds/${reference}/status`, { status: 'ABNORMAL' });
      },
      close: () => sandbox.close(),
    };
  },
);

// A bank's file has balances and counts, but no sum over its letters.
settlementSuite(
  'bank_transfer',
  { isFile: true, isSummed: false, showsPayments: false, showsReturns: true },
  async (): Promise<SettlementWorld> => {
    const sandbox = await startSandbox({ port: 0 });
    return {
      ...common,
      url: sandbox.url,
      source: sourceOf({ bank_transfer: [bankAt(sandbox.url)] }),
      unreachable: sourceOf({ bank_transfer: [bankAt(await closedUrl())] }),
      refund: async (reference, amountMinor) => {
        const createdAt = new Date().toISOString();
        const { content } = buildPain001({
          reference,
          amountMinor,
          currency: 'CNY',
          debtor: DEBTOR,
          createdAt,
          payee: { name: 'A customer', account: { iban: 'DE89370400440532013000' } },
        });
        const sent = await fetch(`${sandbox.url}/bank/files`, { method: 'POST', body: new Uint8Array(content) });
        if (sent.status !== 202) throw new Error(`not taken: ${sent.status}`);
        return [];
      },
      giveBack: async (reference) => {
        await call('POST', `${sandbox.url}/control/bank/transfers/${reference}/return`, { reason: 'AC04' });
      },
      closeDay: async (day) => {
        await call('POST', `${sandbox.url}/control/bank/statements`, { day });
      },
      close: () => sandbox.close(),
    };
  },
);

async function linesOf(source: SettlementSource, day: string, now = '2030-01-01T00:00:00Z'): Promise<SettlementLine[]> {
  const lines: SettlementLine[] = [];
  for await (const line of source.fetchDay(day, now)) lines.push(line);
  return lines;
}

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof SettlementUnreadableError) return error.code;
    throw error;
  }
  return 'read';
};

describe('answers that must not be believed', () => {
  const signed = ['bad-answer-signature', 'no-answer-signature', 'unreadable-answer'] as const;

  test.each(signed)('wechat_pay: an address that came with %s is not followed', async (behaviour) => {
    const sandbox = await startSandbox({ port: 0, wechatPay: weChatPayKeys });
    const fault = { provider: 'wechat_pay', operation: 'bill.query', behaviour };
    await call('POST', `${sandbox.url}/control/faults`, fault);
    await expect(linesOf(sourceOf({ wechat_pay: [weChatPayAt(sandbox.url)] }), '2026-11-10')).rejects.toThrow(
      SettlementUnreadableError,
    );
    await sandbox.close();
  });

  test('alipay: an address whose signature is not Alipay’s is not followed', async () => {
    const sandbox = await startSandbox({ port: 0, alipay: setupOf(alipayKeys) });
    const row = { refundId: 'R1', paymentId: 'T1', amountMinor: 5, currency: 'CNY', status: 'succeeded' };
    await call('POST', `${sandbox.url}/control/settlement/rows`, {
      provider: 'alipay',
      at: '2026-11-10T02:00:00Z',
      ...row,
    });
    const source = sourceOf({ alipay: [{ ...alipayAt(sandbox.url), alipayPublicKey: newKeyPair().publicKey }] });
    await expect(linesOf(source, '2026-11-10')).rejects.toThrow(SettlementUnreadableError);
    await expect(linesOf(sourceOf({ alipay: [alipayAt(sandbox.url)] }), '2026-11-10')).resolves.toHaveLength(1);
    await sandbox.close();
  });

  test('wechat_pay and alipay: nothing but the provider is asked for a file', async () => {
    const client = new WeChatPayClient(weChatPayAt('http://127.0.0.1:1'));
    await expect(client.download('https://mch.weixin.qq.com.example/file')).rejects.toThrow('download_address');
    await expect(client.download('no address')).rejects.toThrow('download_address');
  });
});

describe('stripe: a balance in another currency', () => {
  const settledAs = async (settled: object | undefined): Promise<SettlementLine | undefined> => {
    const sandbox = await startSandbox({ port: 0 });
    const row = { reference: 'R1', refundId: 're_1', paymentId: 'pi_1', amountMinor: 10_000, currency: 'CNY' };
    await call('POST', `${sandbox.url}/control/settlement/rows`, {
      provider: 'stripe',
      at: '2026-11-10T02:00:00Z',
      status: 'succeeded',
      ...row,
      ...(settled && { settled }),
    });
    const [line] = await linesOf(sourceOf({ stripe: [stripeAt(sandbox.url)] }), '2026-11-10');
    await sandbox.close();
    return line;
  };

  test.each([
    [
      { currency: 'USD', amountMinor: 1_402, exchangeRate: 0.14015 },
      { currency: 'USD', amountMinor: 1_402, rate: '0.14015' },
    ],
    // In Stripe's unit the yen has no decimals either; a rate that JavaScript would write with an exponent stays a decimal.
    [
      { currency: 'JPY', amountMinor: 2_150, exchangeRate: 21.5 },
      { currency: 'JPY', amountMinor: 2_150, rate: '21.5' },
    ],
    [
      { currency: 'USD', amountMinor: 1, exchangeRate: 1e-7 },
      { currency: 'USD', amountMinor: 1, rate: '0.0000001' },
    ],
    [
      { currency: 'USD', amountMinor: 70_000, exchangeRate: 7 },
      { currency: 'USD', amountMinor: 70_000, rate: '7' },
    ],
    // Nothing is made up.
    [{ currency: 'USD', amountMinor: 1_402, exchangeRate: 0 }, null],
    [{ currency: 'UGX', amountMinor: 1_402, exchangeRate: 2 }, null],
    [undefined, null],
  ])('%j is told as %j, beside the amount of the refund', async (settled, expected) => {
    expect(await settledAs(settled)).toMatchObject({ amountMinor: 10_000, currency: 'CNY', settled: expected });
  });
});

describe('alipay: what a bill may look like', () => {
  const DETAIL = [
    '#支付宝业务明细查询',
    '#起始日期：[2026年11月10日 00:00:00]   终止日期：[2026年11月11日 00:00:00]',
    '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,订单金额（元）,商家实收（元）,退款批次号/请求号,服务费（元）,备注',
    'T1\t,O1\t,交易,a,2026-11-10 10:00:00,2026-11-10 10:00:01,5.00,5.00,,-0.03,',
    'T2\t,O2\t,退款,sofa,red,2026-11-10 10:00:00,2026-11-10 10:00:01,-5.00,-5.00,R1\t,0.03,',
    '#---业务明细列表结束---',
    '#退款合计：1笔，商家实收退款共-5.00元，商家优惠退款共0.00元',
  ];
  // The stand-in packs; the characters here are outside of what its encoder is about, so they are given as they are.
  const archive = (lines: readonly string[]): Buffer =>
    zip([{ name: Buffer.from('a.csv'), content: gbkOf(lines.join('\r\n')) }]);
  const read = (lines: readonly string[], day = '2026-11-10') => readAlipayBill(archive(lines), day);

  test('commas in a product’s name move nothing, and payments are no refunds', () => {
    expect(read(DETAIL)).toEqual([
      {
        key: '2026-11-10:1',
        reference: 'R1',
        providerRefundId: 'R1',
        providerPaymentIds: ['T2', 'O2'],
        amountMinor: 500,
        currency: 'CNY',
        at: '2026-11-10T02:00:01.000Z',
        status: 'succeeded',
        feeMinor: 3,
        settled: null,
      },
    ]);
  });

  test.each([
    ['other_day', DETAIL, '2026-11-09'],
    ['truncated', DETAIL.filter((line) => !line.includes('结束')), undefined],
    ['no_totals', DETAIL.slice(0, -1), undefined],
    ['totals_differ', DETAIL.filter((line) => !line.startsWith('T2')), undefined],
    ['columns', DETAIL.map((line) => (line.startsWith('T2') ? 'T2,O2,退款' : line)), undefined],
    [
      'row',
      DETAIL.map((line) => line.replace('2026-11-10 10:00:00,2026-11-10 10:00:01,-5.00', 'x,y,-5.00')),
      undefined,
    ],
  ])('%s is refused', (code, lines, day) => {
    expect(codeOf(() => read(lines, day))).toBe(code);
  });

  test('archives of other kinds are refused, never read in part', () => {
    const whole = archive(DETAIL);
    expect(unzip(whole)).toHaveLength(1);
    for (const cut of [0, 10, whole.length - 1]) expect(() => unzip(whole.subarray(0, cut))).toThrow(ZipError);
    for (let at = 0; at < whole.length; at += 7) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 0x10, at);
      // Some bits, such as a time stamp's, mean nothing: then the content is what it was, or nothing is read.
      codeOf(() => expect(readAlipayBill(flipped, '2026-11-10')).toEqual(read(DETAIL)));
    }
  });
});

describe('wechat_pay: what a bill may look like', () => {
  const BILL = [
    '交易时间,微信订单号,商户订单号,货币种类,退款申请时间,退款成功时间,微信退款单号,商户退款单号,退款状态,商品名称,申请退款金额',
    '`2026-11-10 10:00:00,`4200,`O1,`CNY,`2026-11-10 10:00:00,`2026-11-10 10:00:05,`503,`R1,`SUCCESS,`sofa, red,`5.00',
    '总交易单数,申请退款总金额',
    '`1,`5.00',
  ];
  const read = (lines: readonly string[]) => readWeChatPayBill(Buffer.from(lines.join('\r\n')), '2026-11-10');

  test('commas in a product’s name move nothing', () => {
    expect(read(BILL)).toMatchObject([
      {
        reference: 'R1',
        providerRefundId: '503',
        amountMinor: 500,
        at: '2026-11-10T02:00:05.000Z',
        status: 'succeeded',
      },
    ]);
  });

  test.each([
    ['PROCESSING', 'pending'],
    ['FAIL', 'failed'],
    ['CHANGE', 'returned'],
  ])('status %s is %s', (status, expected) => {
    expect(read(BILL.map((line) => line.replace('`SUCCESS', `\`${status}`)))[0]?.status).toBe(expected);
  });

  test.each([
    ['truncated', BILL.slice(0, 2)],
    ['totals_differ', BILL.map((line) => line.replace('`1,`5.00', '`1,`6.00'))],
    ['totals_differ', BILL.map((line) => line.replace('`1,`5.00', '`2,`5.00'))],
    ['columns', BILL.map((line) => line.replace('`O1,', ''))],
    ['status_NEW', BILL.map((line) => line.replace('`SUCCESS', '`NEW'))],
    ['row', BILL.map((line) => line.replace('`503', '`'))],
    ['row', BILL.map((line) => line.replace('red,`5.00', 'red,`5,00'))],
  ])('%s is refused', (code, lines) => {
    expect(codeOf(() => read(lines))).toBe(code);
  });
});

describe('bank_transfer: what a statement may look like', () => {
  const amount = (text: string) => `<Amt Ccy="CNY">${text}</Amt>`;
  const entry = (reference: string, sign = 'DBIT', text = '5.00', more = '') =>
    `<Ntry>${amount(text)}<CdtDbtInd>${sign}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-10</Dt></BookgDt>${more}
      <NtryDtls><TxDtls><Refs><PmtInfId>${reference}</PmtInfId><EndToEndId>${reference}</EndToEndId></Refs>${amount(text)}</TxDtls></NtryDtls></Ntry>`;
  const balance = (code: string, text: string) =>
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp>${amount(text)}<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-10</Dt></Dt></Bal>`;
  const statement = (entries: string, closing: string, count: string) =>
    Buffer.from(`<Document><BkToCstmrStmt><Stmt><Id>S1</Id>${balance('OPBD', '100.00')}${balance('CLBD', closing)}
      <TxsSummry><TtlNtries><NbOfNtries>${count}</NbOfNtries></TtlNtries></TxsSummry>${entries}</Stmt></BkToCstmrStmt></Document>`);

  test('other movements of the account are no lines; a credit under our reference is a return', () => {
    const salary = entry('X').replaceAll('<PmtInfId>X</PmtInfId>', '').replace('>X<', '>SALARY-11<');
    const content = statement(`${entry('R1')}${salary}${entry('R1', 'CRDT')}`, '95.00', '3');
    const [first] = readDayStatements(content) ?? [];
    expect(first?.day).toBe('2026-11-10');
    expect(first?.lines.map(({ reference, status, key }) => [reference, status, key])).toEqual([
      ['R1', 'succeeded', 'S1:1.1'],
      ['R1', 'returned', 'S1:3.1'],
    ]);
  });

  test.each([
    ['balance_differs', statement(entry('R1'), '96.00', '1')],
    ['balance_differs', statement(entry('R1', 'DBIT', '6.00'), '95.00', '1')],
    ['entries_missing', statement(entry('R1'), '95.00', '2')],
    ['entry', statement(entry('R1', 'NONE'), '95.00', '1')],
    ['not_well_formed', statement(entry('R1'), '95.00', '1').subarray(0, 300)],
  ])('%s is refused', (code, content) => {
    expect(codeOf(() => readDayStatements(content))).toBe(code);
  });

  test('the gateway takes a statement’s entries for what the bank says, like those of a notice', () => {
    expect(readBankFile(statement(entry('R1'), '95.00', '1'))).toMatchObject([
      { kind: 'entry', reference: 'R1', direction: 'debit', booked: true },
    ]);
  });

  test('a file of another kind is no statement', () => {
    expect(readDayStatements(Buffer.from('<Document><CstmrPmtStsRpt/></Document>'))).toBeNull();
  });
});

/** GBK of the characters that the bills above hold, by the decoder of the platform. */
function gbkOf(text: string): Buffer {
  const decoder = new TextDecoder('gbk');
  const wanted = new Map<string, Buffer>();
  for (let lead = 0x81; lead <= 0xfe; lead += 1)
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      const bytes = Buffer.of(lead, trail);
      const character = decoder.decode(bytes);
      if (text.includes(character) && !wanted.has(character)) wanted.set(character, bytes);
    }
  return Buffer.concat([...text].map((one) => wanted.get(one) ?? Buffer.from(one, 'latin1')));
}
