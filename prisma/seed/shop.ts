import type { OrderInput, OrderLineInput } from '../../store';

const MS_A_DAY = 86_400_000;
const MS_A_MINUTE = 60_000;

const CUSTOMERS = {
  wang: {
    externalId: 'CUST-1',
    name: '王小明',
    email: 'xiaoming.wang@example.com',
    phone: '+8613800000001',
    locale: 'zh-CN',
  },
  chen: {
    externalId: 'CUST-2',
    name: '陈静',
    email: 'jing.chen@example.com',
    phone: '+8613800000002',
    locale: 'zh-CN',
  },
  zhao: { externalId: 'CUST-3', name: '赵磊', email: 'lei.zhao@example.com', phone: '+8613800000003', locale: 'zh-CN' },
  evans: {
    externalId: 'CUST-4',
    name: 'Nora Evans',
    email: 'nora.evans@example.com',
    phone: '+447700900004',
    locale: 'en',
  },
  patel: { externalId: 'CUST-5', name: 'Arun Patel', email: 'arun.patel@example.com', locale: 'en' },
} as const;

const line = (
  externalId: string,
  sku: string,
  name: string,
  category: string,
  quantity: number,
  unitPriceMinor: number,
  extra: Partial<Pick<OrderLineInput, 'discountMinor' | 'attributes'>> = {},
): OrderLineInput => ({
  externalId,
  sku,
  name,
  category,
  quantity,
  unitPriceMinor,
  discountMinor: 0,
  taxMinor: 0,
  attributes: {},
  ...extra,
});

interface DemoOrder {
  externalId: string;
  customer: keyof typeof CUSTOMERS;
  daysAgo: number;
  branch: string;
  shippingMinor: number;
  lines: OrderLineInput[];
  /** Parts in which the customer paid, in order of capture; they add up to the order. */
  paidMinor: number[];
  /** By card, unless it says otherwise. */
  paidBy?: 'bank_transfer';
}

/** Totals below CNY 200, up to CNY 5,000 and above: every tier of the default policy. */
const ORDERS: readonly DemoOrder[] = [
  {
    externalId: 'SHOP-1001',
    customer: 'wang',
    daysAgo: 2,
    branch: 'shanghai-1',
    shippingMinor: 0,
    lines: [line('L1', 'SOFA-2', '双人沙发', 'furniture', 1, 629_900)],
    paidMinor: [629_900],
  },
  {
    externalId: 'SHOP-1002',
    customer: 'chen',
    daysAgo: 1,
    branch: 'shanghai-1',
    shippingMinor: 1_200,
    lines: [
      line('L1', 'MUG-WHITE', '陶瓷马克杯', 'kitchen', 2, 4_500),
      line('L2', 'TOWEL-L', '浴巾', 'textile', 1, 5_900),
    ],
    paidMinor: [16_100],
  },
  {
    externalId: 'SHOP-1003',
    customer: 'evans',
    daysAgo: 4,
    branch: 'shanghai-2',
    shippingMinor: 0,
    lines: [
      line('L1', 'DESK-OAK', 'Oak desk', 'furniture', 1, 189_900),
      line('L2', 'LAMP-1', 'Desk lamp', 'lighting', 1, 25_900),
    ],
    paidMinor: [100_000, 115_800],
  },
  {
    externalId: 'SHOP-1004',
    customer: 'zhao',
    daysAgo: 3,
    branch: 'hangzhou-1',
    shippingMinor: 0,
    lines: [line('L1', 'CHAIR-ERG', '人体工学椅', 'furniture', 2, 159_900, { discountMinor: 20_000 })],
    paidMinor: [299_800],
  },
  {
    externalId: 'SHOP-1005',
    customer: 'patel',
    daysAgo: 1,
    branch: 'shanghai-2',
    shippingMinor: 0,
    lines: [
      line('L1', 'BED-KING', 'King size bed', 'furniture', 1, 899_900),
      line('L2', 'MATT-KING', 'Mattress', 'furniture', 1, 459_900),
    ],
    paidMinor: [1_000_000, 359_800],
  },
  {
    externalId: 'SHOP-1006',
    customer: 'wang',
    daysAgo: 5,
    branch: 'shanghai-1',
    shippingMinor: 0,
    lines: [line('L1', 'RUG-3X2', '羊毛地毯', 'textile', 1, 129_900, { attributes: { customMade: true } })],
    paidMinor: [129_900],
  },
  {
    externalId: 'SHOP-1007',
    customer: 'chen',
    daysAgo: 0,
    branch: 'hangzhou-1',
    shippingMinor: 800,
    lines: [line('L1', 'CANDLE-6', '香薰蜡烛', 'decoration', 3, 3_900)],
    paidMinor: [12_500],
  },
  {
    externalId: 'SHOP-1008',
    customer: 'evans',
    daysAgo: 6,
    branch: 'shanghai-2',
    shippingMinor: 0,
    lines: [line('L1', 'SHELF-5', 'Wall shelf', 'furniture', 4, 22_900)],
    paidMinor: [91_600],
  },
  {
    externalId: 'SHOP-1009',
    customer: 'zhao',
    daysAgo: 2,
    branch: 'hangzhou-1',
    shippingMinor: 0,
    lines: [line('L1', 'CUSHION-2', '靠垫', 'textile', 2, 8_900)],
    paidMinor: [17_800],
    paidBy: 'bank_transfer',
  },
];

/** The provider's id of a demo payment: always the same, so that a sandbox can be told of it. */
const paymentIdOf = (orderExternalId: string, number: number): string =>
  `pi_demo${orderExternalId.replace(/\D/g, '')}p${number}`;

/** The captures by card behind the demo orders, for a sandbox that is to know them. */
export const DEMO_PAYMENTS: readonly { id: string; amountMinor: number; currency: string }[] = ORDERS.filter(
  (order) => order.paidBy === undefined,
).flatMap((order) =>
  order.paidMinor.map((amountMinor, index) => ({
    id: paymentIdOf(order.externalId, index + 1),
    amountMinor,
    currency: 'CNY',
  })),
);

/** The demo orders as the shop would state them at an instant. */
export function demoOrders(now: Date): { externalId: string; input: OrderInput }[] {
  return ORDERS.map((order) => {
    const placedAtMs = now.getTime() - order.daysAgo * MS_A_DAY - 60 * MS_A_MINUTE;
    return {
      externalId: order.externalId,
      input: {
        customer: CUSTOMERS[order.customer],
        sourceVersion: 1,
        currency: 'CNY',
        shippingMinor: order.shippingMinor,
        placedAt: new Date(placedAtMs).toISOString(),
        branch: order.branch,
        jurisdiction: 'CN',
        lines: order.lines,
        payments: order.paidMinor.map((amountMinor, index) => ({
          externalId: `P-${index + 1}`,
          provider: order.paidBy ?? 'stripe',
          providerPaymentId: paymentIdOf(order.externalId, index + 1),
          merchantAccount: 'default',
          method: order.paidBy === undefined ? 'bank_card' : 'bank_account',
          amountMinor,
          currency: 'CNY',
          capturedAt: new Date(placedAtMs + (index + 1) * MS_A_MINUTE).toISOString(),
        })),
      },
    };
  });
}
