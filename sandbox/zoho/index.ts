import { json, Router, text, type Request, type Response } from 'express';
import type { Fault } from '../faults';
import { decodeForm, dropConnection, type Form } from '../http';
import type { ProviderParts } from '../provider-parts';
import { RECORD_ERROR_CODES, ZohoRefusal, type RecordResult } from './errors';
import { presentRecord, ZohoRecords, type ZohoWork } from './records';
import { ZohoTokens } from './tokens';

/** Names that a fault's `operation` may have. */
export const ZOHO_OPERATIONS = [
  'token',
  'record.upsert',
  'record.get',
  'record.list',
  'record.search',
  'note.create',
  'note.list',
] as const;

type Operation = (typeof ZOHO_OPERATIONS)[number];

const SLOW_MS = 1_000;

/** What the server gives this stand-in: it moves no money. */
type ZohoParts = Omit<ProviderParts, 'ledger'>;

/** The Zoho stand-in: `accounts` goes under /oauth/v2, `crm` under /crm/v8, `control` under /control/zoho. */
export interface ZohoStandIn {
  readonly accounts: Router;
  readonly crm: Router;
  readonly control: Router;
}

/** An answer that waits for its fault, if any. */
interface ZohoAnswer {
  readonly status: number;
  readonly body?: unknown;
}

/** Builds the stand-in of Zoho's accounts server and CRM v8. */
export function createZoho(parts: ZohoParts): ZohoStandIn {
  const tokens = new ZohoTokens(parts.journal);
  const records = new ZohoRecords(parts.journal);

  const accounts = Router();
  accounts.post('/token', text({ type: () => true, limit: '16kb' }), async (request, response) => {
    const body: unknown = request.body;
    const form: Form = {
      ...decodeForm(new URL(request.url, 'http://x').search),
      ...decodeForm(typeof body === 'string' ? body : ''),
    };
    await answerCall(parts, request, response, { operation: 'token', references: [], commits: true }, () =>
      tokens.grant(form, `http://${request.get('host') ?? '127.0.0.1'}`),
    );
  });

  const crm = Router();
  crm.use(json({ limit: '2mb', type: () => true }));
  crm.use((request, response, next) => {
    if (tokens.accepts(request.get('authorization'))) return next();
    refuse(response, new ZohoRefusal('INVALID_TOKEN', 'invalid oauth token'));
  });
  crm.post('/:module/upsert', async (request, response) => {
    const { module } = request.params;
    const references = referencesOf(request.body);
    await answerCall(parts, request, response, { operation: 'record.upsert', references, commits: true }, (fault) => {
      const { data, checkFields } = records.readRequest(module, request.body);
      return multiStatus(records, records.upsert(module, data, checkFields, fault?.argument), 200);
    });
  });
  crm.post(['/Notes', '/:module/:id/Notes'], async (request, response) => {
    const { module, id } = request.params as { module?: string; id?: string };
    const references = [...referencesOf(request.body), ...(id === undefined ? [] : [id])];
    await answerCall(parts, request, response, { operation: 'note.create', references, commits: true }, () => {
      const parent = module === undefined || id === undefined ? undefined : { module, id };
      return multiStatus(records, records.addNotes(request.body, parent), 201);
    });
  });
  crm.get('/:module/:id/Notes', async (request, response) => {
    const { module, id } = request.params;
    await answerCall(parts, request, response, { operation: 'note.list', references: [id], commits: false }, () =>
      listAnswer(records.notesOf(module, id).map(presentRecord)),
    );
  });
  crm.get('/:module/search', async (request, response) => {
    const { criteria, email } = request.query;
    await answerCall(parts, request, response, { operation: 'record.search', references: [], commits: false }, () => {
      if (typeof email === 'string') {
        return listAnswer(records.search(request.params.module, `(Email:equals:${email})`).map(presentRecord));
      }
      if (typeof criteria !== 'string') {
        throw new ZohoRefusal('REQUIRED_PARAM_MISSING', 'One of the expected parameter is missing', {
          param_names: ['criteria', 'email'],
        });
      }
      return listAnswer(records.search(request.params.module, criteria).map(presentRecord));
    });
  });
  crm.get('/:module', async (request, response) => {
    const { ids, fields } = request.query;
    const references = typeof ids === 'string' ? ids.split(',') : [];
    await answerCall(parts, request, response, { operation: 'record.list', references, commits: false }, () => {
      if (typeof fields !== 'string' || fields === '') {
        throw new ZohoRefusal('REQUIRED_PARAM_MISSING', 'One of the expected parameter is missing', {
          param_name: 'fields',
        });
      }
      const shown = new Set(['id', ...fields.split(',')]);
      const found = records.all(request.params.module).filter(({ id }) => references.includes(id));
      return listAnswer(
        found.map((record) =>
          Object.fromEntries(Object.entries(presentRecord(record)).filter(([name]) => shown.has(name))),
        ),
      );
    });
  });
  crm.get('/:module/:id', async (request, response) => {
    const { module, id } = request.params;
    await answerCall(parts, request, response, { operation: 'record.get', references: [id], commits: false }, () =>
      listAnswer([presentRecord(records.byId(module, id))]),
    );
  });
  crm.use((_request, response) => {
    refuse(
      response,
      new ZohoRefusal('INVALID_URL_PATTERN', 'Please check if the URL trying to access is a correct one'),
    );
  });

  return { accounts, crm, control: controlRoutes(records, tokens) };
}

function controlRoutes(records: ZohoRecords, tokens: ZohoTokens): Router {
  const router = Router();
  router.get('/records', (request, response) => {
    const { module } = request.query;
    const wanted = records.all(typeof module === 'string' ? module : undefined);
    response.json(wanted.map((record) => ({ module: record.module, ...presentRecord(record) })));
  });
  router.delete('/records/:id', (request, response) => {
    records.remove(request.params.id);
    response.status(204).end();
  });
  router.post('/expire_tokens', (_request, response) => {
    tokens.expireAll();
    response.status(204).end();
  });
  return router;
}

/** Carries one call past its fault to its answer. Faults of single records are handed to `answer`. */
async function answerCall(
  parts: ZohoParts,
  request: Request,
  response: Response,
  call: { operation: Operation; references: string[]; commits: boolean },
  answer: (recordFault: Fault | undefined) => ZohoAnswer,
): Promise<void> {
  const fault = parts.faults.takeForAnswer({ provider: 'zoho', ...call });
  const code = fault?.name === 'error' ? (fault.argument ?? '') : undefined;
  const perRecord = code !== undefined && call.operation === 'record.upsert' && RECORD_ERROR_CODES.has(code);
  try {
    if (code !== undefined && !perRecord) throw new ZohoRefusal(code, `sandbox fault: ${code}`);
    if (fault?.name === '5xx') throw new ZohoRefusal('INTERNAL_ERROR', 'Internal Server Error');
    if (fault?.name === 'slow-before-commit') await parts.timers.sleep(fault.delayMs ?? SLOW_MS);
    if (fault?.name === 'drop-before-commit') return dropConnection(response);
    const { status, body } = answer(perRecord ? fault : undefined);
    if (fault?.name === 'slow') await parts.timers.sleep(fault.delayMs ?? SLOW_MS);
    if (fault?.name === 'drop-after-commit') return dropConnection(response);
    if (body === undefined) response.status(status).end();
    else response.status(status).json(body);
    parts.log(`zoho ${call.operation} ${status}`);
  } catch (error) {
    if (!(error instanceof ZohoRefusal)) throw error;
    refuse(response, error);
    parts.log(`zoho ${call.operation} ${error.status} ${error.code} ${request.method}`);
  }
}

function refuse(response: Response, refusal: ZohoRefusal): void {
  response.status(refusal.status).json(refusal.body);
}

/** Commits the work and answers for each record: 202 when all failed, 207 when some did. */
function multiStatus(records: ZohoRecords, work: ZohoWork, allWell: number): ZohoAnswer {
  records.commit(work);
  const failed = work.results.filter((result: RecordResult) => result.status === 'error').length;
  const status = failed === 0 ? allWell : failed === work.results.length ? 202 : 207;
  return { status, body: { data: work.results } };
}

function listAnswer(data: Record<string, unknown>[]): ZohoAnswer {
  if (data.length === 0) return { status: 204 };
  return { status: 200, body: { data, info: { count: data.length, more_records: false, page: 1, per_page: 200 } } };
}

/** What a fault may call an upsert or a note by: every text of its records. */
function referencesOf(body: unknown): string[] {
  const data: unknown = typeof body === 'object' && body !== null && 'data' in body ? body.data : undefined;
  if (!Array.isArray(data)) return [];
  return data.flatMap((record: unknown) =>
    typeof record === 'object' && record !== null
      ? Object.values(record).filter((value): value is string => typeof value === 'string')
      : [],
  );
}
