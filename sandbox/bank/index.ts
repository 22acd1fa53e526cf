import { json, Router, text, type Request, type Response } from 'express';
import type { Call, Fault } from '../faults';
import { dropConnection, refuseControl } from '../http';
import type { ProviderParts } from '../provider-parts';
import type { SettlementFaults } from '../settlement';
import { answerTo, isMatchCode, readQuestion } from './payees';
import { openBankState } from './state';
import { BankTransfers } from './transfers';

/** Names that a fault's `operation` may have. */
export const BANK_OPERATIONS = ['file.send', 'file.list', 'file.read', 'payee.check'] as const;

const SLOW_MS = 1_000;

/** The HTTP status that an `error:<status>` asks for; null for ISO reasons and everything else. */
const httpStatusOf = (fault: Fault | undefined): number | null =>
  fault?.name === 'error' && /^[45]\d\d$/.test(fault.argument ?? '') ? Number(fault.argument) : null;

/** The bank's routes under /bank and /vop, its control routes under /control/bank. */
export interface BankStandIn {
  readonly routes: Router;
  /** The check of payees' names, under /vop. */
  readonly payees: Router;
  readonly control: Router;
  /** Takes up what a stopped process left unfinished. */
  resume(): void;
}

/** Builds the stand-in of a bank that takes pain.001 files and answers by pain.002 and camt.054 files. */
export function createBank(parts: ProviderParts, settlement: SettlementFaults): BankStandIn {
  const state = openBankState(parts.journal);
  const transfers = new BankTransfers(state, { ...parts, settlement });
  const call = (operation: (typeof BANK_OPERATIONS)[number], references: string[], commits: boolean): Call => ({
    provider: 'bank_transfer',
    operation,
    references,
    commits,
  });

  /** Plays the fault of a call's answer around the work. */
  async function answer(
    request: Request,
    response: Response,
    fault: Fault | undefined,
    work: () => () => void,
  ): Promise<void> {
    const pause = (): Promise<void> => parts.timers.sleep(fault?.delayMs ?? SLOW_MS);
    if (fault?.name === 'drop-before-commit') return dropConnection(response);
    if (fault?.name === '5xx') return refuseControl(response, 503, 'the drop is closed');
    const status = httpStatusOf(fault);
    if (status !== null) return refuseControl(response, status, 'the drop refuses');
    if (fault?.name === 'slow-before-commit') await pause();
    const send = work();
    if (fault?.name === 'drop-after-commit') return dropConnection(response);
    if (fault?.name === '5xx-after-commit') return refuseControl(response, 502, 'the drop is closed');
    if (fault?.name === 'slow') await pause();
    send();
    parts.log(`bank ${request.method} ${request.path} ${response.statusCode}`);
  }

  const routes = Router();
  routes.post('/files', text({ type: () => true, limit: '4mb' }), (request, response) => {
    const body: unknown = request.body;
    const content = typeof body === 'string' ? body : '';
    const fault = parts.faults.takeForAnswer(call('file.send', transfers.referencesOf(content), true));
    return answer(request, response, fault, () => {
      transfers.take(content, fault);
      return () => response.status(202).json({ received: true });
    });
  });
  routes.get('/files', (request, response) => {
    const fault = parts.faults.takeForAnswer(call('file.list', [], false));
    return answer(request, response, fault, () => () => {
      response.json({ files: transfers.reports().map((name) => ({ name })) });
    });
  });
  routes.get('/files/:name', (request, response) => {
    const { name } = request.params;
    const fault = parts.faults.takeForAnswer(call('file.read', [name], false));
    return answer(request, response, fault, () => () => {
      const content = transfers.report(name);
      if (content === undefined) return refuseControl(response, 404, 'no such file');
      response.type('application/xml').send(content);
    });
  });

  const payees = Router();
  payees.use(json());
  payees.post('/v1/payee-verifications', (request, response) => {
    const question = readQuestion(request.body);
    const fault = parts.faults.takeForAnswer(call('payee.check', question ? [question.account] : [], false));
    return answer(request, response, fault, () => () => {
      const code = fault?.name === 'error' ? fault.argument : undefined;
      if (question === undefined || request.get('x-request-id') === undefined || (code && !isMatchCode(code)))
        response.status(400).json({ type: 'about:blank', code: code ?? 'FORMAT_ERROR' });
      else response.json(isMatchCode(code) ? { partyNameMatch: code } : answerTo(question, state.holders));
    });
  });

  const control = Router();
  control.use(json());
  control.post('/holders', (request, response) => {
    const { account, name } = (request.body ?? {}) as Record<string, unknown>;
    if (typeof account !== 'string' || typeof name !== 'string' || account === '' || name.trim() === '') {
      return refuseControl(response, 400, 'account and name are texts');
    }
    parts.journal.commit(state.holders.put(account, name));
    response.status(204).end();
  });
  control.post('/transfers/:reference/return', (request, response) => {
    const body: unknown = request.body;
    const reason = typeof body === 'object' && body !== null && 'reason' in body ? body.reason : 'AC04';
    const transfer = transfers.find(request.params.reference);
    if (typeof reason !== 'string' || !/^[A-Z0-9]{4}$/.test(reason)) {
      return refuseControl(response, 400, 'reason must be an ISO 20022 return reason such as AC04');
    }
    if (transfer?.status !== 'booked') return refuseControl(response, 409, 'only a booked transfer can come back');
    transfers.giveBack(transfer, reason);
    response.status(204).end();
  });
  control.post('/transfers/:reference/contradiction', (request, response) => {
    const transfer = transfers.find(request.params.reference);
    if (transfer?.status === 'booked') transfers.refuseBooked(transfer, 'AC04');
    else if (transfer?.status === 'rejected') transfers.bookRefused(transfer);
    else return refuseControl(response, 409, 'only what was booked or refused can be contradicted');
    response.status(204).end();
  });
  control.post('/transfers/:reference/second-debit', (request, response) => {
    const transfer = transfers.find(request.params.reference);
    if (transfer?.status !== 'returned') return refuseControl(response, 409, 'only what came back can be taken again');
    transfers.debitAgain(transfer);
    response.status(204).end();
  });
  control.post('/transfers/:reference/settled', (request, response) => {
    const transfer = transfers.find(request.params.reference);
    if (transfer?.status !== 'rejected')
      return refuseControl(response, 409, 'only what was refused can be contradicted so');
    transfers.settleRefused(transfer);
    response.status(204).end();
  });
  control.post('/transfers/:reference/statement', (request, response) => {
    const transfer = transfers.find(request.params.reference);
    if (transfer?.status !== 'booked' && transfer?.status !== 'returned') {
      return refuseControl(response, 409, 'only what was booked stands in a statement');
    }
    transfers.stateAgain(transfer);
    response.status(204).end();
  });

  control.post('/statements', (request, response) => {
    const body: unknown = request.body;
    const day = typeof body === 'object' && body !== null && 'day' in body ? body.day : undefined;
    if (typeof day !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(day)) {
      return refuseControl(response, 400, 'day must look like 2026-11-23');
    }
    response.status(201).json({ name: transfers.closeDay(day) });
  });

  return { routes, payees, control, resume: () => transfers.resume() };
}
