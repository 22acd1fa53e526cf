import { createHash, randomBytes } from 'node:crypto';
import { Router, type Request, type Response } from 'express';
import { damaged, isOnDay, type SettledRow, type SettlementFaults } from '../settlement';
import type { WeChatPayCalls } from './calls';
import type { WeChatPayCredentials } from './credentials';
import { WeChatPayRefusal } from './errors';
import { requestFault } from './signing';
import type { RefundRow, WeChatPayState } from './state';

const BEIJING_MINUTES = 480;
/** A download address is good for five minutes. */
const TOKEN_LIFE_MS = 300_000;

/** The columns of a bill of refunds (pay.weixin.qq.com, "申请交易账单", bill_type=REFUND). */
const COLUMNS =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,' +
  '退款申请时间,退款成功时间,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,' +
  '订单金额,申请退款金额,费率备注';
const SUMMARY_COLUMNS = '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额';

interface Bill {
  readonly content: Buffer;
  readonly madeAtMs: number;
}

/** The bills of the stand-in: asked for with a signature, answered with the address and the SHA-1 of a file. */
export class WeChatPayBills {
  private readonly files = new Map<string, Bill>();

  constructor(
    private readonly state: WeChatPayState,
    private readonly settlement: SettlementFaults,
    private readonly credentials: () => WeChatPayCredentials,
    private readonly calls: WeChatPayCalls,
  ) {}

  /** `GET /v3/bill/tradebill` */
  bills(): Router {
    const router = Router();
    router.get('/tradebill', (request, response) =>
      this.calls.serve('bill.query', request, response, () => ({
        body: this.answer(request),
        changes: [],
        committed: () => undefined,
      })),
    );
    return router;
  }

  /** `GET /v3/billdownload/file`: signed by the merchant, answered without a signature. */
  downloads(): Router {
    const router = Router();
    router.get('/file', (request, response) => this.download(request, response));
    return router;
  }

  private answer(request: Request): Record<string, unknown> {
    const { bill_date: day, bill_type: type, tar_type: packing } = request.query;
    if (typeof day !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(day)) {
      throw new WeChatPayRefusal('PARAM_ERROR', '账单日期格式错误');
    }
    // The stand-in writes plain text alone; the real service packs by GZIP when it is asked to.
    if (type !== 'REFUND' || packing !== undefined) throw new WeChatPayRefusal('PARAM_ERROR', '账单类型有误');
    const fault = this.settlement.takeFileFault('wechat_pay');
    if (fault === 'not-ready') throw new WeChatPayRefusal('STATEMENT_CREATING', '账单生成中');
    const rows = this.settlement
      .apply(
        'wechat_pay',
        this.state.refunds.all().map((refund) => this.row(refund)),
      )
      .filter(({ atMs }) => isOnDay(atMs, day, BEIJING_MINUTES));
    if (rows.length === 0) throw new WeChatPayRefusal('NO_STATEMENT_EXIST', '账单文件不存在');
    const content = Buffer.from(billText(rows, this.credentials().merchantId), 'utf8');
    const token = randomBytes(24).toString('base64url');
    this.files.set(token, { content: damaged(content, fault), madeAtMs: Date.now() });
    return {
      hash_type: 'SHA1',
      hash_value: createHash('sha1').update(content).digest('hex'),
      download_url: `http://${request.get('host') ?? '127.0.0.1'}/v3/billdownload/file?token=${token}`,
    };
  }

  private download(request: Request, response: Response): void {
    const wrong = requestFault(this.credentials(), {
      method: 'GET',
      url: request.originalUrl,
      body: '',
      authorization: request.get('authorization'),
    });
    const bill = this.files.get(String(request.query['token']));
    if (wrong !== undefined) {
      response.status(401).json(new WeChatPayRefusal('SIGN_ERROR', wrong).body);
    } else if (bill === undefined || Date.now() - bill.madeAtMs > TOKEN_LIFE_MS) {
      response.status(400).json(new WeChatPayRefusal('PARAM_ERROR', 'token 无效').body);
    } else {
      response.status(200).type('text/plain; charset=utf-8').send(bill.content);
    }
  }

  private row(refund: RefundRow): SettledRow {
    const payment = this.state.payments.get(refund.transactionId);
    return {
      reference: refund.outRefundNo,
      refundId: refund.refundId,
      paymentId: refund.transactionId,
      orderId: payment?.outTradeNo ?? '',
      amountMinor: refund.amountFen,
      currency: 'CNY',
      atMs: refund.successAtMs ?? refund.createdAtMs,
      status: statusOf(refund),
    };
  }
}

function statusOf({ status, successAtMs }: RefundRow): SettledRow['status'] {
  if (status === 'SUCCESS') return 'succeeded';
  if (status === 'PROCESSING') return 'pending';
  return status === 'ABNORMAL' && successAtMs !== undefined ? 'returned' : 'failed';
}

/** How the file names a refund's status: `CHANGE` is one that the bank did not take. */
const SHOWN: Readonly<Record<SettledRow['status'], string>> = {
  succeeded: 'SUCCESS',
  pending: 'PROCESSING',
  failed: 'FAIL',
  returned: 'CHANGE',
};

/** Every field begins with a backtick, so that spreadsheets leave numbers alone; names may hold commas. */
function billText(rows: readonly SettledRow[], merchantId: string): string {
  const lines = rows.map((row) => {
    const time = beijing(row.atMs);
    const amount = yuan(row.amountMinor);
    return [
      [time, 'wx0000000000000001', merchantId, '0', '', row.paymentId, row.orderId, 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'],
      ['JSAPI', 'REFUND', 'OTHERS', row.currency, '0.00', '0.00', time, row.status === 'succeeded' ? time : ''],
      [row.refundId, row.reference ?? '', amount, '0.00', 'ORIGINAL', SHOWN[row.status], '沙发, 双人', '', '0.00000'],
      ['0.60%', '0.00', amount, ''],
    ]
      .flat()
      .map((field) => `\`${field}`)
      .join(',');
  });
  const total = yuan(rows.reduce((sum, { amountMinor }) => sum + amountMinor, 0));
  const summary = [String(rows.length), '0.00', total, '0.00', '0.00000', '0.00', total];
  const summaryLine = summary.map((field) => `\`${field}`).join(',');
  return `\uFEFF${[COLUMNS, ...lines, SUMMARY_COLUMNS, summaryLine].join('\r\n')}\r\n`;
}

const beijing = (atMs: number): string =>
  new Date(atMs + BEIJING_MINUTES * 60_000).toISOString().slice(0, 19).replace('T', ' ');

function yuan(amountMinor: number): string {
  const digits = String(amountMinor).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
