import { Router, type Request } from 'express';
import {
  approveBankFile,
  listBankFiles,
  readBankFile,
  readDestinationOfReference,
  rejectBankFile,
  sumBankFiles,
  type BankFileRecord,
  type BankFileRefusal,
} from '../../store';
import { bankWorkNudger } from '../bank-work';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseParams, parseQuery } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import {
  approveBankFileBody,
  bankFileAnswer,
  bankFilePage,
  bankFileParams,
  bankFilesQuery,
  rejectBankFileBody,
} from '../schemas/bank-files';
import { decodeTimeCursor, encodeCursor } from '../schemas/common';
import { compareHolder, maskedHolder } from '../sealed-accounts';
import type { AppDeps } from '../types';
import { withoutUndefined } from '../without-undefined';

const READERS = ['finance', 'auditor'] as const;
const TAG = 'Bank files';

registerRoute({
  method: 'get',
  path: '/v1/bank-files',
  tag: TAG,
  summary: 'Payment files for the bank, newest first',
  description: 'What waits for two persons, what they have released, and what the bank has.',
  roles: READERS,
  request: { query: bankFilesQuery },
  responses: { 200: { description: 'A page, and the sums over all.', schema: bankFilePage } },
  problems: ['invalid_cursor'],
});
registerRoute({
  method: 'get',
  path: '/v1/bank-files/:id',
  tag: TAG,
  summary: 'What a payment file says, masked',
  roles: READERS,
  request: { params: bankFileParams },
  responses: { 200: { description: 'The file.', schema: bankFileAnswer } },
  problems: ['not_found'],
});
registerRoute({
  method: 'post',
  path: '/v1/bank-files/:id/approvals',
  tag: TAG,
  summary: 'Approve that exactly these bytes go to the bank',
  description:
    'The second of two different persons releases the file. The worker hands it over, and judges both approvals again by what lies in its directory. Whatever holds a payment (a stop, a dispute, a revoked account, a cap) is judged at the second approval and once more before the file leaves; what is held goes on waiting.',
  roles: ['finance'],
  idempotent: true,
  request: { params: bankFileParams, body: approveBankFileBody },
  responses: { 200: { description: 'Approved; the file after it.', schema: bankFileAnswer } },
  problems: ['not_found', 'same_person', 'other_content', 'already_released', 'file_rejected', 'release_held'],
});
registerRoute({
  method: 'post',
  path: '/v1/bank-files/:id/rejection',
  tag: TAG,
  summary: 'Take a file back that has not been released',
  description:
    'One person is enough. The worker takes the file out of its directory; the payment is then proven to have failed (`withdrawn`), and the desk decides how it goes on.',
  roles: ['finance'],
  idempotent: true,
  request: { params: bankFileParams, body: rejectBankFileBody },
  responses: { 200: { description: 'Rejected; the file after it.', schema: bankFileAnswer } },
  problems: ['not_found', 'already_released', 'file_rejected'],
});

/** /v1/bank-files */
export function bankFileRoutes(deps: AppDeps): Router {
  const router = Router();
  const bankWork = bankWorkNudger(deps);

  /** @throws Problem not_found */
  async function fileOf(req: Request): Promise<BankFileRecord> {
    const { id } = parseParams(bankFileParams, req);
    const file = await readBankFile(deps.db, principalOf(req).mode, id);
    if (!file) throw new Problem('not_found');
    return file;
  }

  async function present(file: BankFileRecord): Promise<object> {
    const { reference, refundId, amountMinor, currency, masked } = file;
    const destination = await readDestinationOfReference(deps.db, reference);
    const holderName = destination && deps.destinations ? maskedHolder(deps.destinations.cipher, destination) : null;
    return {
      ...inList(file),
      lines: [
        {
          reference,
          refundId,
          amountMinor,
          currency,
          account: masked,
          holderName,
          holderVsCustomer:
            destination && (await compareHolder(deps.db, deps.destinations?.cipher ?? null, destination)),
          destinationId: destination?.id ?? null,
        },
      ],
    };
  }

  router.get('/v1/bank-files', requireRole(...READERS), async (req, res) => {
    const { limit, cursor, ...filter } = parseQuery(bankFilesQuery, req);
    const { mode } = principalOf(req);
    const after = cursor === undefined ? null : decodeTimeCursor(cursor);
    const { files, next } = await listBankFiles(deps.db, { ...withoutUndefined(filter), mode, limit, after });
    res.json({
      data: files.map(inList),
      sums: await sumBankFiles(deps.db, mode),
      nextCursor: next && encodeCursor([next.createdAt, next.id]),
    });
  });

  router.get('/v1/bank-files/:id', requireRole(...READERS), async (req, res) => {
    res.json(await present(await fileOf(req)));
  });

  router.post(
    '/v1/bank-files/:id/approvals',
    requireRole('finance'),
    idempotent(
      deps,
      {
        kind: 'approve_bank_file',
        body: approveBankFileBody,
        refundId: async (req) => (await fileOf(req)).refundId,
      },
      async (req, command, { sha256 }) => {
        const { id, mode } = await fileOf(req);
        const { personId } = principalOf(req);
        // A key that decides belongs to a person.
        if (personId === null) throw new Problem('forbidden', { params: { roles: 'finance' } });
        const at = deps.clock().toISOString();
        const approval = { personId, at, sha256, commandId: command.id };
        const outcome = await approveBankFile(deps.db, { id, mode }, approval, deps);
        if (!outcome) throw new Problem('not_found');
        if (outcome.refusal !== null) throw problemOf(outcome.refusal);
        bankWork.nudge();
        return { status: 200, body: await present(outcome.file) };
      },
    ),
  );

  router.post(
    '/v1/bank-files/:id/rejection',
    requireRole('finance'),
    idempotent(
      deps,
      {
        kind: 'reject_bank_file',
        body: rejectBankFileBody,
        refundId: async (req) => (await fileOf(req)).refundId,
      },
      async (req, command, { reason }) => {
        const { id, mode } = await fileOf(req);
        const { personId } = principalOf(req);
        if (personId === null) throw new Problem('forbidden', { params: { roles: 'finance' } });
        const at = deps.clock().toISOString();
        const outcome = await rejectBankFile(deps.db, { id, mode }, { personId, reason, at, commandId: command.id });
        if (!outcome) throw new Problem('not_found');
        if (outcome.refusal !== null) throw problemOf(outcome.refusal);
        bankWork.nudge();
        return { status: 200, body: await present(outcome.file) };
      },
    ),
  );

  return router;
}

function problemOf(refusal: BankFileRefusal): Problem {
  switch (refusal) {
    case 'same_person':
      return new Problem('same_person', {
        params: { stage: { en: 'second person', 'zh-CN': '第二人复核' }, rule: 'two_persons' },
        extra: { rule: 'two_persons' },
      });
    case 'other_content':
    case 'already_released':
    case 'file_rejected':
      return new Problem(refusal);
    default:
      return new Problem('release_held', { params: { reason: refusal }, extra: { reason: refusal } });
  }
}

const inList = (file: BankFileRecord) => {
  const { masked: _masked, mode: _mode, approvals, ...shown } = file;
  return {
    ...shown,
    payments: 1,
    approvals: approvals.map(({ personId, at }) => ({ personId, at })),
    links: { self: `/v1/bank-files/${file.id}`, refund: `/v1/refunds/${file.refundId}` },
  };
};
