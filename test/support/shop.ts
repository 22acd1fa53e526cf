import { cnShanghaiCalendar, type BusinessCalendar } from '../../domain/calendar';
import {
  checkGoodwill,
  checkRequest,
  directLegs,
  planAcceptance,
  policyFacts,
  type RequestedRefund,
} from '../../domain/process';
import type { DecisionContent } from '../../domain/refund';
import { needsDestination } from '../../integrations/payments/providers';
import { acceptRefund, newId, type CommandRecord, type Database } from '../../store';
import defaultPolicy from '../../prisma/seed/default-policy.json';

/** Roles of the people that a test shop employs; each key names one person. */
export const STAFF = {
  agent: ['agent'],
  reviewer: ['reviewer'],
  reviewer2: ['reviewer', 'second_reviewer'],
  approver: ['second_reviewer', 'approver'],
  approver2: ['approver'],
  finance: ['finance'],
  finance2: ['finance'],
  admin: ['admin'],
} as const;

export type StaffName = keyof typeof STAFF;

/** People, a policy, a calendar and a customer in an empty database, and shorthand for what a test does with them. */
export interface Shop {
  personIds: Record<StaffName, string>;
  customerId: string;
  /** A paid order of one line; answers its external id. */
  addOrder(
    amountMinor: number,
    options?: { providerPaymentIds?: string[]; quantity?: number; paidBy?: string },
  ): Promise<string>;
  /** Accepts a refund as the shop's system would; nobody starts its workflow. */
  accept(
    orderExternalId: string,
    amountMinor: number,
    nowIso?: string,
    lines?: RequestedRefund['lines'],
    extra?: Pick<RequestedRefund, 'allocation' | 'deductions' | 'goodwill'> & { destinationId?: string },
  ): Promise<string>;
  /** Writes a command as the API would. */
  command(input: NewTestCommand): Promise<CommandRecord>;
  decide(
    refundId: string,
    who: StaffName,
    content: DecisionContent,
    options?: { reason?: string; at?: string },
  ): Promise<CommandRecord>;
}

export interface NewTestCommand {
  kind: CommandRecord['kind'];
  refundId: string;
  who: StaffName | 'customer' | 'integrator';
  body: Record<string, unknown>;
  snapshotVersion?: number;
  /** The clock it is stated by; commands wait ten minutes. */
  at?: string;
}

/** Weekdays from nine to six in Shanghai without holidays, so that tests stay true in every year. */
export const testCalendar = (now: Date): BusinessCalendar => ({
  ...cnShanghaiCalendar,
  holidaySource: 'none',
  certifiedYears: [-1, 0, 1, 2].map((years) => now.getUTCFullYear() + years),
});

export async function openShop(db: Database, now = new Date()): Promise<Shop> {
  const createdAt = now;
  const mode = 'test' as const;
  await db.policy.create({
    data: {
      id: newId('po'),
      mode,
      name: 'default',
      version: 1,
      status: 'published',
      document: defaultPolicy,
      hash: 'default',
      effectiveFrom: new Date('2020-01-01T00:00:00Z'),
      createdAt,
    },
  });
  await db.calendar.create({
    data: { mode, id: 'cn-shanghai', document: testCalendar(now) as object, updatedAt: now },
  });
  const customer = await db.customer.create({
    data: {
      id: newId('cu'),
      mode,
      externalId: 'C-1',
      name: '测试顾客',
      email: 'customer@example.com',
      createdAt,
      updatedAt: now,
    },
  });
  const personIds = {} as Record<StaffName, string>;
  for (const [name, roles] of Object.entries(STAFF)) {
    const id = newId('pn');
    personIds[name as StaffName] = id;
    await db.person.create({
      data: {
        id,
        mode,
        externalId: name,
        name: `Demo ${name}`,
        email: `${name}@example.com`,
        createdAt,
        roles: { create: roles.map((role) => ({ mode, role, grantedAt: now })) },
      },
    });
  }
  let orders = 0;

  async function addOrder(
    amountMinor: number,
    options: { providerPaymentIds?: string[]; quantity?: number; paidBy?: 'stripe' | 'bank_transfer' } = {},
  ): Promise<string> {
    orders += 1;
    const externalId = `O-${orders}-${Math.floor(Math.random() * 1e9)}`;
    const ids = options.providerPaymentIds ?? [`pi_${newId('pm').slice(3)}`];
    const share = Math.floor(amountMinor / ids.length);
    await db.order.create({
      data: {
        id: newId('or'),
        mode,
        externalId,
        customerId: customer.id,
        currency: 'CNY',
        placedAt: now,
        createdAt,
        updatedAt: now,
        lines: {
          create: [
            {
              id: newId('ol'),
              mode,
              externalId: 'L1',
              position: 0,
              sku: 'SOFA-2',
              name: 'Sofa',
              category: 'furniture',
              quantity: options.quantity ?? 1,
              unitPriceMinor: BigInt(amountMinor / (options.quantity ?? 1)),
            },
          ],
        },
        payments: {
          create: ids.map((providerPaymentId, i) => ({
            id: newId('pm'),
            mode,
            externalId: `P-${i + 1}`,
            provider: options.paidBy ?? 'stripe',
            providerPaymentId,
            method: options.paidBy === 'bank_transfer' ? 'bank_account' : 'bank_card',
            currency: 'CNY',
            capturedMinor: BigInt(i === 0 ? amountMinor - share * (ids.length - 1) : share),
            capturedAt: new Date(now.getTime() + i),
            createdAt,
            updatedAt: now,
          })),
        },
      },
    });
    return externalId;
  }

  async function command(input: NewTestCommand): Promise<CommandRecord> {
    const at = new Date(input.at ?? new Date());
    const staff = input.who !== 'customer' && input.who !== 'integrator';
    const personId = staff ? personIds[input.who as StaffName] : null;
    const id = newId('cm');
    const record = {
      id,
      mode,
      kind: input.kind,
      refundId: input.refundId === '' ? null : input.refundId,
      principalKind: staff
        ? ('person' as const)
        : input.who === 'customer'
          ? ('customer' as const)
          : ('system' as const),
      principalId: `key-of-${input.who}`,
      personId,
      roles: staff ? [...STAFF[input.who as StaffName]] : [input.who],
      scopeHash: id,
      body: input.body,
      snapshotVersion: input.snapshotVersion ?? null,
      expiresAt: new Date(at.getTime() + 600_000).toISOString(),
    };
    await db.command.create({
      data: { ...record, body: input.body as object, route: 'test', bodyHash: id, createdAt: at },
    });
    return { ...record, outcome: 'open', transitionSeq: null };
  }

  async function accept(
    orderExternalId: string,
    amountMinor: number,
    nowIso = new Date().toISOString(),
    lines: RequestedRefund['lines'] = null,
    {
      destinationId,
      ...amounts
    }: Pick<RequestedRefund, 'allocation' | 'deductions' | 'goodwill'> & { destinationId?: string } = {},
  ): Promise<string> {
    const stated = await command({ kind: 'create_refund', refundId: '', who: 'integrator', body: {}, at: nowIso });
    const requested: RequestedRefund = {
      amountMinor,
      currency: 'CNY',
      reasonCode: 'quality',
      description: '左侧扶手断裂',
      channel: 'api',
      lines,
      evidenceIds: [],
      resolution: 'refund',
      expectedRefundableMinor: null,
      ...amounts,
    };
    const { refundId } = await acceptRefund(
      db,
      {
        ...requested,
        mode,
        orderExternalId,
        requestedBy: null,
        externalReference: null,
        metadata: {},
        enteredBy: { kind: 'system', id: 'key-of-integrator', personId: null },
        behindKey: [],
        customerId: null,
        destinationId: destinationId ?? null,
        commandId: stated.id,
        givesGoodwill: requested.goodwill !== undefined,
      },
      nowIso,
      (input) => {
        const checked = checkRequest(requested, input.order, input.policy, input.knownEvidence, () => true, nowIso);
        if (checked.refused) throw new Error(`Refused: ${checked.refused.code}`);
        const given =
          requested.goodwill && input.goodwill
            ? checkGoodwill(
                requested.goodwill,
                input.goodwill,
                input.policy,
                'CNY',
                input.destination && 'bank_transfer',
              )
            : null;
        if (given?.refused) throw new Error(`Refused: ${given.refused.code}`);
        const accepted = planAcceptance({
          ...policyFacts(requested, input.order, nowIso),
          ...input,
          amountMinor,
          allocation: amounts.allocation ?? null,
          goodwill: given ? given.accepted : null,
        });
        const directed = directLegs(accepted.state.legs, destinationId ?? null, input.destination, needsDestination);
        if ('refused' in directed) throw new Error(`Refused: ${directed.refused.code}`);
        return {
          accepted: { ...accepted, state: { ...accepted.state, legs: directed.legs } },
          lines: checked.lines,
          amounts: given ? { ...checked.amounts, goodwill: given.accepted.goodwill } : checked.amounts,
        };
      },
    );
    return refundId;
  }

  return {
    personIds,
    customerId: customer.id,
    addOrder,
    accept,
    command,
    decide: (refundId, who, content, options = {}) =>
      command({
        kind: 'decide',
        refundId,
        who,
        snapshotVersion: content.snapshotVersion,
        body: {
          ...content,
          ...(content.approvedAmountMinor === null ? { approvedAmountMinor: undefined } : {}),
          reason: options.reason,
        },
        ...(options.at ? { at: options.at } : {}),
      }),
  };
}
