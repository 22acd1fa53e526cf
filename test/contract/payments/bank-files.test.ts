import fc from 'fast-check';
import { readBankFile } from '../../../integrations/payments/bank-transfer/bank-files';
import { Inbox } from '../../../integrations/payments/bank-transfer/inbox';
import { judgeStatements } from '../../../integrations/payments/bank-transfer/judge-statements';
import { classOfReason } from '../../../integrations/payments/bank-transfer/reason-codes';
import { parseXml } from '../../../integrations/payments/bank-transfer/xml';

const INSTRUCTED = { amountMinor: 1_250, currency: 'EUR' };

const status = (code: string, reason?: string, namespace = 'pain.002.001.10'): string =>
  `<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:${namespace}"><CstmrPmtStsRpt><OrgnlPmtInfAndSts>` +
  `<OrgnlPmtInfId>R1</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>R1</OrgnlEndToEndId><TxSts>${code}</TxSts>` +
  `${reason === undefined ? '' : `<StsRsnInf><Rsn><Cd>${reason}</Cd></Rsn></StsRsnInf>`}` +
  `</TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>`;

const group = (code: string, reason: string): string =>
  `<Document><CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>R1</OrgnlMsgId><GrpSts>${code}</GrpSts>` +
  `<StsRsnInf><Rsn><Cd>${reason}</Cd></Rsn></StsRsnInf></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>`;

function entry(options: {
  sign?: 'DBIT' | 'CRDT';
  amount?: string;
  currency?: string;
  bankReference?: string;
  returned?: string;
  state?: string;
  prefix?: string;
}): string {
  const {
    sign = 'DBIT',
    amount = '12.50',
    currency = 'EUR',
    bankReference = 'B1',
    returned,
    state,
    prefix = '',
  } = options;
  const plain =
    `<Document><BkToCstmrDbtCdtNtfctn><Ntfctn><Ntry><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${sign}</CdtDbtInd>` +
    `<Sts>${state ?? '<Cd>BOOK</Cd>'}</Sts><NtryDtls><TxDtls><Refs><AcctSvcrRef>${bankReference}</AcctSvcrRef>` +
    `<EndToEndId>R1</EndToEndId></Refs>${returned === undefined ? '' : `<RtrInf><Rsn><Cd>${returned}</Cd></Rsn></RtrInf>`}` +
    `</TxDtls></NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>`;
  return plain.replace(/<(\/?)/g, `<$1${prefix}`);
}

const judge = (files: readonly string[]) =>
  judgeStatements(
    {
      statements: files
        .flatMap((file) => readBankFile(Buffer.from(file)))
        .filter(({ reference }) => reference === 'R1'),
      mentionedUnreadably: false,
    },
    INSTRUCTED,
  );

describe('what a bank says', () => {
  test.each<[string, string[], Record<string, unknown> | null]>([
    ['nothing', [], null],
    ['received', [status('RCVD')], { outcome: 'pending' }],
    ['technically right', [status('ACTC')], { outcome: 'pending' }],
    ['the customer checked', [status('ACCP')], { outcome: 'pending' }],
    ['under way', [status('ACSP')], { outcome: 'pending' }],
    ['settled', [status('ACSC')], { outcome: 'succeeded' }],
    ['booked', [entry({})], { outcome: 'succeeded', amountMinor: 1_250, traceNumber: 'B1' }],
    ['booked, in a file with prefixes', [entry({ prefix: 'n:' })], { outcome: 'succeeded', amountMinor: 1_250 }],
    ['booked, in an older version', [entry({ state: 'BOOK' })], { outcome: 'succeeded' }],
    ['noted, not booked', [entry({ state: '<Cd>PDNG</Cd>' })], { outcome: 'pending' }],
    [
      'refused',
      [status('RJCT', 'AC01')],
      { outcome: 'failed', failure: { class: 'wrong_account_details', code: 'AC01' } },
    ],
    ['the whole message refused', [group('RJCT', 'FF01')], { outcome: 'failed', failure: { code: 'FF01' } }],
    ['refused without a reason', [status('RJCT')], { outcome: 'failed', failure: { class: 'unknown', code: 'RJCT' } }],
    ['refused as a repetition', [status('RJCT', 'AM05')], { outcome: 'unknown', failure: { code: 'AM05' } }],
    ['booked, the repetition refused', [status('RJCT', 'AM05'), entry({})], { outcome: 'succeeded' }],
    [
      'booked and refused',
      [status('RJCT', 'AC01'), entry({})],
      { outcome: 'unknown', failure: { code: 'bank_contradicts' }, contradicts: true },
    ],
    ['settled and refused', [status('RJCT', 'AC01'), status('ACSC')], { outcome: 'unknown', contradicts: true }],
    ['a status that nobody knows', [status('WXYZ')], { outcome: 'unknown', failure: { code: 'status_WXYZ' } }],
    ['another amount', [entry({ amount: '12.51' })], { outcome: 'succeeded', amountMinor: 1_251 }],
    ['booked twice', [entry({}), entry({ bankReference: 'B2' })], { amountMinor: 2_500 }],
    ['one booking reported twice', [entry({}), entry({})], { outcome: 'succeeded', amountMinor: 1_250 }],
    [
      'taken twice, and each given back',
      [
        entry({}),
        entry({ sign: 'CRDT', bankReference: 'B1R', returned: 'AC04' }),
        entry({ bankReference: 'B2' }),
        entry({ sign: 'CRDT', bankReference: 'B2R', returned: 'AC04' }),
      ],
      { outcome: 'failed', amountMinor: 1_250, failure: { code: 'returned:AC04' } },
    ],
    [
      'another currency',
      [entry({ currency: 'USD' })],
      { outcome: 'unknown', failure: { code: 'currency_differs' }, contradicts: true },
    ],
    ['an amount with too many decimals', [entry({ amount: '12.505' })], { outcome: 'unknown' }],
    ['an amount with zeros behind', [entry({ amount: '12.50000' })], { outcome: 'succeeded', amountMinor: 1_250 }],
    [
      'booked and returned',
      [entry({}), entry({ sign: 'CRDT', bankReference: 'B9', returned: 'AC06' })],
      { outcome: 'failed', amountMinor: 1_250, failure: { class: 'account_frozen_or_closed', code: 'returned:AC06' } },
    ],
    [
      'returned, the booking not yet reported',
      [entry({ sign: 'CRDT' })],
      { outcome: 'failed', failure: { code: 'returned' } },
    ],
    [
      'returned less its charge',
      [entry({}), entry({ sign: 'CRDT', bankReference: 'B9', amount: '10.00', returned: 'AC04' })],
      { outcome: 'unknown', amountMinor: 250, failure: { code: 'returned_in_part' } },
    ],
    [
      'booked again after it came back',
      [entry({}), entry({ sign: 'CRDT', bankReference: 'B9', returned: 'AC06' }), entry({ bankReference: 'B2' })],
      { outcome: 'unknown', amountMinor: null, failure: { code: 'bank_contradicts' }, contradicts: true },
    ],
  ])('%s', (_what, files, expected) => {
    const facts = judge(files);
    if (expected === null) expect(facts).toBeNull();
    else expect(facts).toMatchObject(expected);
  });

  test.each([
    ['refused and settled', [status('RJCT', 'AC04'), status('ACSC')], true],
    ['refused and credited', [status('RJCT', 'AC04'), status('ACCC')], true],
    ['refused and booked', [status('RJCT', 'AC04'), entry({})], true],
    ['booked and given back', [entry({}), entry({ sign: 'CRDT', bankReference: 'B9' })], true],
    ['refused', [status('RJCT', 'AC04')], false],
    ['refused and under way', [status('RJCT', 'AC04'), status('ACSP')], false],
    ['settled', [status('ACSC')], false],
  ])('what is %s is contested or not', async (_what, files, isContested) => {
    const inbox = new Inbox({
      list: () => Promise.resolve(files.map((_file, index) => `answer-${index}.xml`)),
      read: (name) => Promise.resolve(Buffer.from(files[Number(/\d+/.exec(name)?.[0])] ?? '')),
    });
    expect(await inbox.contested()).toEqual(isContested ? ['R1'] : []);
  });

  test('the same files in any order, any number of times, mean the same', () => {
    const files = [
      status('ACTC'),
      status('ACSP'),
      status('ACSC'),
      status('RJCT', 'AC01'),
      status('RJCT', 'AM05'),
      status('WXYZ'),
      entry({}),
      entry({ sign: 'CRDT', bankReference: 'B9', returned: 'AC04' }),
    ];
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(files.length - 1)), fc.array(fc.nat(), { maxLength: 12 }), (chosen, noise) => {
        const once = chosen.map((n) => files[n] ?? '');
        const repeated = [...once, ...noise.flatMap((n) => once[n % Math.max(once.length, 1)] ?? [])].toReversed();
        expect(judge(repeated)).toEqual(judge(once));
      }),
    );
  });

  test.each([
    ['AC01', 'wrong_account_details'],
    ['AC04', 'account_frozen_or_closed'],
    ['AC06', 'account_frozen_or_closed'],
    ['AM04', 'insufficient_merchant_funds'],
    ['RC01', 'wrong_account_details'],
    ['AG01', 'wrong_account_details'],
    ['AC02', 'interface_changed'],
    ['RR04', 'refused_by_review'],
    ['FF01', 'interface_changed'],
    ['MS03', 'unknown'],
    ['constructor', 'unknown'],
  ])('%s is %s', (code, failureClass) => {
    expect(classOfReason(code)).toBe(failureClass);
  });
});

describe('files that must not be believed', () => {
  const laughs = Array.from({ length: 9 }, (_none, n) => `<!ENTITY l${n + 1} "&l${n};&l${n};&l${n};&l${n};">`).join('');

  test.each<[string, string | Buffer, string]>([
    ['an external entity', `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`, 'declares_a_type'],
    ['a billion laughs', `<!DOCTYPE a [<!ENTITY l0 "ha">${laughs}]><a>&l9;</a>`, 'declares_a_type'],
    ['a document type in small letters', `<!doctype a><a/>`, 'declares_a_type'],
    ['half a file', entry({}).slice(0, 200), 'not_well_formed'],
    ['tags that cross', '<Document><a><b></a></b></Document>', 'not_well_formed'],
    ['no XML at all', 'status;R1;ok', 'not_well_formed'],
    ['nothing', '', 'not_well_formed'],
    ['names that would reach prototypes', '<Document><__proto__><x>1</x></__proto__></Document>', 'not_well_formed'],
    ['thousands of levels', `${'<a>'.repeat(5_000)}${'</a>'.repeat(5_000)}`, 'not_well_formed'],
    ['another message', '<Document><FIToFIPmtStsRpt/></Document>', 'unknown_message'],
    ['UTF-16', Buffer.from(`\uFEFF${status('ACSC')}`, 'utf16le'), 'not_utf8'],
  ])('%s', (_what, content, code) => {
    expect(() => readBankFile(Buffer.from(content as string))).toThrow(expect.objectContaining({ code }));
  });

  test('any cut and any flipped bit is read, or refused as unreadable, and nothing else', () => {
    const whole = Buffer.from(entry({}));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(7), fc.boolean(), (at, bit, cut) => {
        const spoilt = Buffer.from(cut ? whole.subarray(0, at) : whole);
        if (!cut) spoilt.writeUInt8(spoilt.readUInt8(at) ^ (1 << bit), at);
        try {
          readBankFile(spoilt);
        } catch (error) {
          expect((error as Error).name).toBe('UnreadableFileError');
        }
      }),
    );
  });

  test('entities stay what they are, and numbers stay texts', () => {
    const root = parseXml(Buffer.from('<a x="1"><b>&lt;007</b><b>1e3</b><c><![CDATA[R1]]></c></a>'));
    expect(root.all('a', 'b').map((b) => b.text())).toEqual(['&lt;007', '1e3']);
    expect(root.text('a', 'c')).toBe('R1');
    expect(root.one('a')?.attribute('x')).toBe('1');
  });
});
