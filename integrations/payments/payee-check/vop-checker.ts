import { z } from 'zod';
import type { PayeeCheck } from '../../../domain/destination';
import { checkedBase } from '../../checked-base';
import { PayeeCheckLostError, type PayeeChecker, type PayeeToCheck } from './payee-checker';

export interface VopCheckerOptions {
  /** Base URL of the service: names are checked at `<base>/vop/v1/payee-verifications`. */
  base: string;
  /** Bearer token, where the service wants one. */
  token?: string;
  /** Plain HTTP to other machines; only for stand-ins. */
  allowPlainHttp: boolean;
  /** How long one call may take, in milliseconds. @default 10000 */
  timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 65_536;

/** Codes of the European Payments Council's Verification of Payee scheme. */
const RESULTS = { MTCH: 'match', CMTC: 'close_match', NMTC: 'no_match', NOAP: 'unavailable' } as const satisfies Record<
  string,
  PayeeCheck
>;

/** The name that the bank knows comes with a close match. It is not read: nobody here is to learn it. */
const answerSchema = z.object({ partyNameMatch: z.enum(['MTCH', 'CMTC', 'NMTC', 'NOAP']) });

/**
 * The check over HTTP, as the scheme's API shapes it (see README.md for the source). What the scheme does not have, an
 * account without IBAN, is named as ISO 20022 names it: `other.identification`, and the bank by its clearing number.
 */
export class VopChecker implements PayeeChecker {
  private readonly url: URL;

  /** @throws Error for plain HTTP elsewhere than on this machine, unless it is allowed */
  constructor(private readonly options: VopCheckerOptions) {
    const base = checkedBase('The payee check', options.base, { allowPlainHttp: options.allowPlainHttp });
    this.url = new URL(`${base.href.replace(/\/+$/, '')}/vop/v1/payee-verifications`);
  }

  async check(payee: PayeeToCheck, requestId: string): Promise<PayeeCheck> {
    const { token, timeoutMs = DEFAULT_TIMEOUT_MS } = this.options;
    const response = await this.call({
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        'content-type': 'application/json',
        'x-request-id': requestId,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(requestOf(payee)),
    });
    // The service understood and will not check this one; asking again changes nothing.
    if (response.status === 400 || response.status === 404 || response.status === 422) return 'unavailable';
    if (response.status !== 200) throw new PayeeCheckLostError(`http_${response.status}`);
    const answer = answerSchema.safeParse(parse(response.text));
    if (!answer.success) throw new PayeeCheckLostError('unreadable_answer');
    return RESULTS[answer.data.partyNameMatch];
  }

  private async call(init: RequestInit): Promise<{ status: number; text: string }> {
    try {
      const response = await fetch(this.url, init);
      return { status: response.status, text: await readLimited(response) };
    } catch (error) {
      if (error instanceof PayeeCheckLostError) throw error;
      const isTimeout = typeof error === 'object' && error !== null && 'name' in error && error.name === 'TimeoutError';
      throw new PayeeCheckLostError(isTimeout ? 'timeout' : 'connection_error', { cause: error });
    }
  }
}

const requestOf = ({ name, account, bic }: PayeeToCheck): object => ({
  party: { name },
  partyAccount: 'iban' in account ? { iban: account.iban } : { other: { identification: account.number } },
  ...agentOf(account, bic),
});

function agentOf(account: PayeeToCheck['account'], bic: string | undefined): object {
  const bankCode = 'iban' in account ? undefined : account.bankCode;
  if (bic === undefined && bankCode === undefined) return {};
  return {
    partyAgent: {
      financialInstitutionId: {
        ...(bic === undefined ? {} : { bicfi: bic }),
        ...(bankCode === undefined ? {} : { clearingSystemMemberId: { memberId: bankCode } }),
      },
    },
  };
}

async function readLimited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new PayeeCheckLostError('answer_too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
