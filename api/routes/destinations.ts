import { Router, type Request, type RequestHandler } from 'express';
import { MAX_MISMATCHES, type Enterer, type SecondEntryVerdict } from '../../domain/destination';
import {
  confirmDestination,
  createDestination,
  enterDestinationAgain,
  findCustomerId,
  newId,
  readDestination,
  readRefund,
  revokeDestination,
  type CommandRecord,
  type DestinationActor,
  type DestinationRecord,
} from '../../store';
import { bankWorkNudger } from '../bank-work';
import { idempotent } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseParams } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { presentDestination } from '../presenters/destination';
import { Problem } from '../problems';
import {
  accountOf,
  confirmationBody,
  createDestinationBody,
  destinationAnswer,
  destinationParams,
  revocationBody,
  secondEntryBody,
  type CreateDestinationBody,
} from '../schemas/destinations';
import { isSameAccount, sealAccount } from '../sealed-accounts';
import type { AppDeps, Principal } from '../types';
import { wakeHeld } from '../wake-held';

const ENTERERS = ['agent', 'finance', 'customer'] as const;
const READERS = [...ENTERERS, 'reviewer', 'second_reviewer', 'approver', 'auditor', 'admin'] as const;
const TAG = 'Destinations';

registerRoute({
  method: 'post',
  path: '/v1/destinations',
  tag: TAG,
  summary: 'Enter a payee’s bank account, the first time',
  description:
    'For money that cannot go back the way it came. Sealed at once and never shown whole again. It becomes usable when somebody has entered the same again, the cooling-off has passed, and the payee’s bank or a further person has confirmed the name. The repeat of a request is recognised by a keyed hash; the body is not kept.',
  roles: ENTERERS,
  idempotent: true,
  request: { body: createDestinationBody },
  responses: { 201: { description: 'A draft.', schema: destinationAnswer } },
  problems: [
    'refund_not_found',
    'customer_not_found',
    'destination_not_replaceable',
    'destinations_not_configured',
    'card_number_in_text',
  ],
});
registerRoute({
  method: 'post',
  path: '/v1/destinations/:id/second-entry',
  tag: TAG,
  summary: 'Enter the same account again',
  description: `By another person than the first entry; customers enter theirs twice. A difference is counted, and the ${MAX_MISMATCHES}rd revokes.`,
  roles: ENTERERS,
  idempotent: true,
  request: { params: destinationParams, body: secondEntryBody },
  responses: { 200: { description: 'It cools off now.', schema: destinationAnswer } },
  problems: [
    'not_found',
    'same_person',
    'entries_differ',
    'destination_revoked',
    'destination_not_draft',
    'destinations_not_configured',
    'card_number_in_text',
  ],
});
registerRoute({
  method: 'post',
  path: '/v1/destinations/:id/confirmation',
  tag: TAG,
  summary: 'Take a name that the bank did not simply confirm',
  description: 'After `close_match` or `unavailable`, by a person who has entered none of the two entries.',
  roles: ['finance'],
  idempotent: true,
  request: { params: destinationParams, body: confirmationBody },
  responses: { 200: { description: 'Confirmed.', schema: destinationAnswer } },
  problems: ['not_found', 'same_person', 'nothing_to_confirm', 'card_number_in_text'],
});
registerRoute({
  method: 'get',
  path: '/v1/destinations/:id',
  tag: TAG,
  summary: 'Read a destination, masked',
  description: 'Customers see their own. Nobody sees the account whole.',
  roles: READERS,
  request: { params: destinationParams },
  responses: { 200: { description: 'The destination.', schema: destinationAnswer } },
  problems: ['not_found'],
});
registerRoute({
  method: 'post',
  path: '/v1/destinations/:id/revocation',
  tag: TAG,
  summary: 'Revoke a destination for ever',
  description: 'A payment that was to go there fails with `wrong_account_details` and comes to the desk.',
  roles: ENTERERS,
  idempotent: true,
  request: { params: destinationParams, body: revocationBody },
  responses: { 200: { description: 'Revoked, also when it was before.', schema: destinationAnswer } },
  problems: ['not_found', 'card_number_in_text'],
});

/** Persons enter as themselves, customers as their own. @throws Problem forbidden for a system's key */
function entererOf(principal: Principal): Enterer {
  if (principal.kind === 'person' && principal.personId !== null) return { kind: 'person', id: principal.personId };
  if (principal.kind === 'customer' && principal.customerId !== null)
    return { kind: 'customer', id: principal.customerId };
  throw new Problem('forbidden', { params: { roles: ENTERERS.join(', ') } });
}

const actorOf = (principal: Principal, command: CommandRecord): DestinationActor => ({
  by: entererOf(principal),
  commandId: command.id,
});

/** /v1/destinations */
export function destinationRoutes(deps: AppDeps): Router {
  const router = Router();
  const bankWork = bankWorkNudger(deps);

  const requireKeys: RequestHandler = (_req, _res, next) => {
    keysOf();
    next();
  };

  /** @throws Problem destinations_not_configured */
  function keysOf() {
    if (deps.destinations === null) throw new Problem('destinations_not_configured');
    return deps.destinations;
  }

  /** What is kept of a body that holds an account: nothing of the account. */
  const confidential = <Body extends object>(keep: (body: Body) => object) => ({
    keep,
    hashes: (canonicalBody: string) =>
      keysOf()
        .cipher.fingerprints(['command', canonicalBody])
        .map(({ text }) => text),
  });

  /** A customer's own alone. @throws Problem not_found */
  async function visible(req: Request): Promise<DestinationRecord> {
    const { id } = parseParams(destinationParams, req);
    const principal = principalOf(req);
    const destination = await readDestination(deps.db, principal.mode, id);
    if (!destination || (principal.kind === 'customer' && destination.customerId !== principal.customerId))
      throw new Problem('not_found');
    return destination;
  }

  const answered = async (req: Request, destination: DestinationRecord) => ({
    status: 200,
    body: await presentDestination(deps, destination, principalOf(req)),
  });

  /** Whose account it is: the refund's customer, the named one, or the customer who enters it. @throws Problem */
  async function payeeOf(principal: Principal, body: CreateDestinationBody): Promise<string> {
    const own = principal.kind === 'customer' ? principal.customerId : null;
    if (body.refundId !== undefined) {
      const refund = await readRefund(deps.db, principal.mode, body.refundId);
      if (!refund || (own !== null && refund.customerId !== own)) throw new Problem('refund_not_found');
      return refund.customerId;
    }
    const named =
      body.customerExternalId === undefined
        ? own
        : await findCustomerId(deps.db, principal.mode, body.customerExternalId);
    if (named === null && body.customerExternalId === undefined)
      throw new Problem('invalid_request', {
        errors: [{ path: 'refundId', code: 'nothing_given', message: 'Name a refund or a customer.' }],
      });
    if (named === null || (own !== null && named !== own)) throw new Problem('customer_not_found');
    return named;
  }

  router.post(
    '/v1/destinations',
    requireRole(...ENTERERS),
    requireKeys,
    idempotent(
      deps,
      {
        kind: 'enter_destination',
        body: createDestinationBody,
        confidential: confidential<CreateDestinationBody>(({ refundId, customerExternalId, replaces, country }) => ({
          refundId,
          customerExternalId,
          replaces,
          country,
        })),
      },
      async (req, command, body) => {
        const principal = principalOf(req);
        const { by } = actorOf(principal, command);
        const customerId = await payeeOf(principal, body);
        const row = { id: newId('ds'), mode: principal.mode };
        const entered = await createDestination(
          deps.db,
          {
            ...row,
            ...sealAccount(keysOf().cipher, accountOf(body), row),
            customerId,
            refundId: body.refundId ?? null,
            replacesId: body.replaces ?? null,
            by,
            commandId: command.id,
          },
          deps.clock().toISOString(),
        );
        if (entered === 'cannot_replace') throw new Problem('destination_not_replaceable');
        return {
          status: 201,
          headers: { Location: `/v1/destinations/${entered.id}` },
          body: await presentDestination(deps, entered, principal),
        };
      },
    ),
  );

  router.post(
    '/v1/destinations/:id/second-entry',
    requireRole(...ENTERERS),
    requireKeys,
    idempotent(
      deps,
      {
        kind: 'enter_destination_again',
        body: secondEntryBody,
        confidential: confidential(() => ({})),
        refundId: async (req) => (await visible(req)).refundId,
      },
      async (req, command, body) => {
        const { id, mode } = await visible(req);
        const { cipher, coolingOffMs } = keysOf();
        const outcome = await enterDestinationAgain(
          deps.db,
          { id, mode },
          actorOf(principalOf(req), command),
          (destination) => isSameAccount(cipher, accountOf(body), destination),
          coolingOffMs,
          deps.clock().toISOString(),
        );
        if (!outcome) throw new Problem('not_found');
        requireEqual(outcome.verdict, outcome.destination);
        bankWork.nudge();
        return answered(req, outcome.destination);
      },
    ),
  );

  router.post(
    '/v1/destinations/:id/confirmation',
    requireRole('finance'),
    idempotent(
      deps,
      {
        kind: 'confirm_destination',
        body: confirmationBody,
        refundId: async (req) => (await visible(req)).refundId,
      },
      async (req, command) => {
        const { id, mode } = await visible(req);
        const actor = actorOf(principalOf(req), command);
        const outcome = await confirmDestination(deps.db, { id, mode }, actor, deps.clock().toISOString());
        if (!outcome) throw new Problem('not_found');
        if (outcome.refusal === 'same_person') throw samePerson();
        if (outcome.refusal !== null) throw new Problem(outcome.refusal);
        void wakeHeld(deps, principalOf(req), command, ['payee_unsettled']);
        return answered(req, outcome.destination);
      },
    ),
  );

  router.get('/v1/destinations/:id', requireRole(...READERS), async (req, res) => {
    res.json((await answered(req, await visible(req))).body);
  });

  router.post(
    '/v1/destinations/:id/revocation',
    requireRole(...ENTERERS),
    idempotent(
      deps,
      {
        kind: 'revoke_destination',
        body: revocationBody,
        refundId: async (req) => (await visible(req)).refundId,
      },
      async (req, command) => {
        const { id, mode } = await visible(req);
        const actor = actorOf(principalOf(req), command);
        const revoked = await revokeDestination(deps.db, { id, mode }, actor, deps.clock().toISOString());
        if (!revoked) throw new Problem('not_found');
        return answered(req, revoked);
      },
    ),
  );

  return router;
}

const samePerson = (): Problem =>
  new Problem('same_person', {
    params: { stage: { en: 'second person', 'zh-CN': '第二人复核' }, rule: 'two_persons' },
    extra: { rule: 'two_persons' },
  });

/** @throws Problem for every other verdict than `equal` */
function requireEqual(verdict: SecondEntryVerdict, destination: DestinationRecord): void {
  switch (verdict.kind) {
    case 'equal':
      return;
    case 'differs':
      throw new Problem('entries_differ', { params: { left: verdict.left }, extra: { left: verdict.left } });
    case 'revoked':
      throw revokedProblem(destination);
    case 'refused':
      if (verdict.reason === 'same_person') throw samePerson();
      if (destination.status === 'revoked') throw revokedProblem(destination);
      throw new Problem('destination_not_draft', { params: { status: destination.status } });
  }
}

const revokedProblem = ({ revokedReason }: DestinationRecord): Problem =>
  new Problem('destination_revoked', {
    params: { reason: revokedReason ?? '' },
    extra: { reason: revokedReason },
  });
