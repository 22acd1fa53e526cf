import { randomBytes } from 'node:crypto';
import { Router } from 'express';
import { damaged, isOnDay, type SettledRow, type SettlementFaults } from '../settlement';
import { AlipayRefusal } from './errors';
import { gbk } from './gbk';
import type { AlipayState, RefundRow } from './state';
import { beijing, yuan } from './wire';
import { zip } from './zip';

const BEIJING_MINUTES = 480;
/** A download address is good for half a minute. */
const TOKEN_LIFE_MS = 30_000;

/** The columns of 业务明细. */
const COLUMNS =
  '支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,' +
  '支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,' +
  '退款批次号/请求号,服务费（元）,分润（元）,备注';

/** The bills of the stand-in: the address of an archive for a day, good for half a minute, and the archive. */
export class AlipayBills {
  private readonly files = new Map<string, { content: Buffer; madeAtMs: number }>();

  constructor(
    private readonly state: AlipayState,
    private readonly settlement: SettlementFaults,
  ) {}

  /**
   * `alipay.data.dataservice.bill.downloadurl.query`
   * @param base the stand-in's own address
   * @throws AlipayRefusal
   */
  query(parameters: Readonly<Record<string, unknown>>, base: string): Record<string, unknown> {
    const { bill_type: type, bill_date: day } = parameters;
    if (type !== 'trade' || typeof day !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(day)) {
      throw new AlipayRefusal(400, 'INVALID_PARAMETER', '参数有误');
    }
    const fault = this.settlement.takeFileFault('alipay');
    const rows = this.settlement
      .apply(
        'alipay',
        this.state.refunds.all().flatMap((refund) => this.row(refund)),
      )
      .filter(({ atMs }) => isOnDay(atMs, day, BEIJING_MINUTES));
    // One code for a day without trade and for a bill that is not made yet.
    if (fault === 'not-ready' || rows.length === 0) throw new AlipayRefusal(400, 'BILL_NOT_EXIST', '账单不存在');
    const prefix = `2088000000000000_${day.replaceAll('-', '')}_业务明细`;
    const content = zip([
      { name: gbk(`${prefix}.csv`), content: gbk(detailText(rows, day)) },
      { name: gbk(`${prefix}(汇总).csv`), content: gbk('#支付宝业务汇总查询\r\n') },
    ]);
    const token = randomBytes(24).toString('base64url');
    this.files.set(token, { content: damaged(content, fault), madeAtMs: Date.now() });
    return { bill_download_url: `${base}/alipay-bills/${token}?downloadFileName=bill.csv.zip` };
  }

  /** Under /alipay-bills: whoever has the address has the file. */
  downloads(): Router {
    const router = Router();
    router.get('/:token', (request, response) => {
      const file = this.files.get(request.params.token);
      if (file === undefined || Date.now() - file.madeAtMs > TOKEN_LIFE_MS) {
        response.status(403).type('html').send('<html>link expired</html>');
        return;
      }
      response.type('application/zip').send(file.content);
    });
    return router;
  }

  /** Bills show what is done: a refund that is under way or came to nothing has no row. */
  private row(refund: RefundRow): SettledRow[] {
    const trade = this.state.trades.get(refund.outTradeNo);
    if (refund.status !== 'succeeded' || trade === undefined) return [];
    return [
      {
        reference: refund.outRequestNo,
        refundId: refund.outRequestNo,
        paymentId: trade.tradeNo,
        orderId: trade.outTradeNo,
        amountMinor: refund.amountMinor,
        currency: 'CNY',
        atMs: refund.atMs,
        status: 'succeeded',
      },
    ];
  }
}

/** Comment lines before and behind, fields padded with tabs, refunds as negative amounts. */
function detailText(rows: readonly SettledRow[], day: string): string {
  const [year, month, date] = day.split('-');
  const total = rows.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const lines = rows.map((row) => {
    const amount = `-${yuan(row.amountMinor)}`;
    const time = beijing(row.atMs);
    return [
      [`${row.paymentId}\t`, `${row.orderId}\t`, '退款', '沙发', time, time, '', '', '', '', '*测试(159****5620)'],
      [amount, amount, '0.00', '0.00', '0.00', '0.00', '0.00', '', '0.00', '0.00'],
      [`${row.reference ?? ''}\t`, '0.00', '0.00', '退款'],
    ]
      .flat()
      .join(',');
  });
  return `${[
    '#支付宝业务明细查询',
    '#账号：[20880000000000000156]',
    `#起始日期：[${year}年${month}月${date}日 00:00:00]   终止日期：[${year}年${month}月${date}日 24:00:00]`,
    '#-----------------------------------------业务明细列表----------------------------------------',
    COLUMNS,
    ...lines,
    '#-----------------------------------------业务明细列表结束------------------------------------',
    '#交易合计：0笔，商家实收共0.00元，商家优惠共0.00元',
    `#退款合计：${rows.length}笔，商家实收退款共-${yuan(total)}元，商家优惠退款共0.00元`,
    `#导出时间：[${year}年${month}月${date}日 24:00:00]`,
  ].join('\r\n')}\r\n`;
}
