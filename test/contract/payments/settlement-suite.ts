import type { SettlementLine } from '../../../domain/reconciliation';
import {
  GatewayBusyError,
  SettlementNotReadyError,
  SettlementUnreadableError,
  type SettlementSource,
} from '../../../integrations/payments';
import { call } from '../support/wire';

/** What a provider's suite needs of its sandbox. */
export interface SettlementWorld {
  url: string;
  source: SettlementSource;
  /** The same account where nothing listens. */
  unreachable: SettlementSource;
  currency: string;
  /** Refunds from a payment of its own; answers the names that the record gives the payment. */
  refund(reference: string, amountMinor: number): Promise<string[]>;
  /** The bank gives a refund back. */
  giveBack(reference: string): Promise<void>;
  /** What makes the record of a day complete. */
  closeDay(day: string): Promise<void>;
  close(): Promise<void>;
}

/** What kind of record a provider keeps; what a kind does not have is not tested of it. */
export interface SettlementTraits {
  /** A file that may be late, cut off or damaged. */
  isFile: boolean;
  /** A sum over the file finds every flipped bit. */
  isSummed: boolean;
  /** The record says which payment the money came from. */
  showsPayments: boolean;
  /** The record shows what came back. */
  showsReturns: boolean;
}

const DAY_MS = 86_400_000;

/** Every source of settlement lines keeps the contract of `SettlementSource`. */
export function settlementSuite(
  provider: string,
  traits: SettlementTraits,
  start: () => Promise<SettlementWorld>,
): void {
  describe(`${provider}: the record of a day`, () => {
    let world: SettlementWorld;
    /** Today, as the provider counts days. */
    let day: string;
    let references = 0;
    beforeEach(async () => {
      world = await start();
      day = new Date(Date.now() + world.source.timing.dayOffsetMinutes * 60_000).toISOString().slice(0, 10);
    });
    afterEach(() => world.close());

    const newReference = (): string => {
      references += 1;
      return `R${String(references).padStart(25, '0')}`;
    };
    const addDays = (days: number): string => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
    /** The provider's day at noon of its own clock. */
    const noonOf = (which: string): string =>
      new Date(Date.parse(`${which}T12:00:00Z`) - world.source.timing.dayOffsetMinutes * 60_000).toISOString();
    /** Two days later nothing of the day is still to be made. */
    const read = async (which = day, source = world.source): Promise<SettlementLine[]> => {
      const lines: SettlementLine[] = [];
      for await (const line of source.fetchDay(which, new Date(Date.now() + 2 * DAY_MS).toISOString()))
        lines.push(line);
      return lines;
    };
    const plant = (fault: object): Promise<unknown> =>
      call('POST', `${world.url}/control/settlement/faults`, { provider, ...fault });
    const plantRow = (row: object): Promise<unknown> =>
      call('POST', `${world.url}/control/settlement/rows`, {
        provider,
        currency: world.currency,
        status: 'succeeded',
        at: noonOf(day),
        ...row,
      });

    test('each refund is a line with our reference, the payment, the amount and the currency; nothing else is', async () => {
      const [one, other] = [newReference(), newReference()];
      const names = await world.refund(one, 700);
      await world.refund(other, 12_345);
      await world.closeDay(day);
      const lines = await read();
      expect(lines.map(({ reference, amountMinor }) => [reference, amountMinor]).toSorted()).toEqual(
        [
          [one, 700],
          [other, 12_345],
        ].toSorted(),
      );
      for (const line of lines) {
        expect(line).toMatchObject({ currency: world.currency, status: 'succeeded' });
        expect(line.providerRefundId).toBeTruthy();
        expect(Math.abs(Date.parse(line.at) - Date.now())).toBeLessThan(DAY_MS);
      }
      const shown = lines.find(({ reference }) => reference === one)?.providerPaymentIds ?? [];
      expect(shown.toSorted()).toEqual(traits.showsPayments ? names.toSorted() : []);
    });

    test('read twice, it gives the same lines under the same keys', async () => {
      for (let n = 0; n < 3; n += 1) await world.refund(newReference(), 500 + n);
      await world.closeDay(day);
      const first = await read();
      expect(new Set(first.map(({ key }) => key)).size).toBe(3);
      expect(await read()).toEqual(first);
    });

    test('a row that is missing, doubled, altered or of another day is given as it stands', async () => {
      const [missing, doubled, altered, late] = [newReference(), newReference(), newReference(), newReference()];
      for (const reference of [missing, doubled, altered, late]) await world.refund(reference, 900);
      await plant({ fault: 'missing', reference: missing });
      await plant({ fault: 'duplicate', reference: doubled });
      await plant({ fault: 'altered', reference: altered, amountMinor: 901 });
      await plant({ fault: 'altered', reference: late, at: noonOf(addDays(1)) });
      await world.closeDay(day);
      await world.closeDay(addDays(1));
      const lines = await read();
      expect(lines.map(({ reference, amountMinor }) => [reference, amountMinor]).toSorted()).toEqual(
        [
          [doubled, 900],
          [doubled, 900],
          [altered, 901],
        ].toSorted(),
      );
      expect(new Set(lines.map(({ key }) => key)).size).toBe(3);
      expect((await read(addDays(1))).map(({ reference }) => reference)).toEqual([late]);
    });

    test('hundreds of lines come all, each once', async () => {
      const row = {
        reference: 'R0000000000000000000',
        refundId: 're_many',
        paymentId: 'pi_many',
        orderId: 'order_many',
      };
      await plantRow({ ...row, amountMinor: 100, repeat: 250 });
      await world.closeDay(day);
      const lines = await read();
      expect(new Set(lines.map(({ reference }) => reference)).size).toBe(250);
      expect(lines).toHaveLength(250);
    });

    test('a provider that cannot be reached is busy, and moves nothing', async () => {
      await expect(read(day, world.unreachable)).rejects.toThrow(GatewayBusyError);
    });

    if (traits.showsReturns)
      test('a refund that came back is shown as returned', async () => {
        const reference = newReference();
        await world.refund(reference, 700);
        await world.giveBack(reference);
        await world.closeDay(day);
        const statuses = (await read()).map(({ status }) => status);
        expect(statuses).toContain('returned');
        expect(statuses.filter((status) => status === 'succeeded').length).toBeLessThanOrEqual(1);
      });

    if (traits.isFile)
      test('a file that is cut off is refused as a whole', async () => {
        await world.refund(newReference(), 700);
        await plant({ fault: 'truncated' });
        await world.closeDay(day);
        await expect(read()).rejects.toThrow(SettlementUnreadableError);
      });

    if (traits.isSummed)
      test('a flipped bit is found by the file’s sum', async () => {
        await world.refund(newReference(), 700);
        await plant({ fault: 'bit-flipped' });
        await world.closeDay(day);
        await expect(read()).rejects.toThrow(SettlementUnreadableError);
        // The next download is whole.
        await expect(read()).resolves.toHaveLength(1);
      });

    if (traits.isFile)
      test('a file that is not there yet is waited for, not taken for an empty day', async () => {
        const soon = (): Promise<SettlementLine[]> => {
          const first = world.source.fetchDay(day, noonOf(day))[Symbol.asyncIterator]();
          return first.next().then(() => []);
        };
        await expect(soon()).rejects.toThrow(SettlementNotReadyError);
      });
  });
}
