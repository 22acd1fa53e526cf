import { createHash } from 'node:crypto';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import multer, { MulterError } from 'multer';
import { STAFF_ROLES } from '../../domain/people';
import { containsCardNumber } from '../../domain/audit';
import { canStrip, UnreadableImageError, withoutMetadata } from '../../integrations/evidence';
import {
  appendRefundAudit,
  appendSharedAudit,
  createEvidence,
  evidenceIdOf,
  findEvidence,
  type EvidenceRecord,
} from '../../store';
import { keep, readContent, scan } from '../evidence-files';
import { runCommand } from '../middleware/idempotency';
import { principalOf, requireRole } from '../middleware/require-role';
import { parseParams } from '../middleware/validate';
import { registerRoute } from '../openapi-registry';
import { Problem } from '../problems';
import { evidenceParams, evidenceUpload, evidenceView } from '../schemas/evidence';
import { EVIDENCE_MEDIA_TYPES, sniffMediaType } from '../sniff-media-type';
import type { AppDeps, Principal } from '../types';

const UPLOADERS = ['integrator', 'agent', 'customer', 'reviewer', 'second_reviewer', 'approver', 'finance'] as const;
const READERS = [...STAFF_ROLES, 'integrator', 'customer'] as const;
/** Who weighs proof, and nobody who works through tasks. */
const ORIGINAL_READERS = ['finance', 'auditor', 'admin'] as const;
const MAX_FILE_NAME_LENGTH = 200;

registerRoute({
  method: 'post',
  path: '/v1/evidence',
  tag: 'Evidence',
  summary: 'Upload a photo, film or document',
  description: `One file in the field \`file\`. Its content decides its type: ${EVIDENCE_MEDIA_TYPES.join(', ')}. Name the id in \`evidenceIds\` of a refund.`,
  roles: UPLOADERS,
  idempotent: true,
  request: { body: evidenceUpload, bodyContentType: 'multipart/form-data' },
  responses: { 201: { description: 'Stored.', schema: evidenceView } },
  problems: [
    'evidence_file_missing',
    'evidence_type_not_allowed',
    'evidence_unreadable',
    'evidence_infected',
    'evidence_unavailable',
    'body_too_large',
    'card_number_in_text',
  ],
});
registerRoute({
  method: 'get',
  path: '/v1/evidence/:id',
  tag: 'Evidence',
  summary: 'Download a piece of evidence',
  description:
    'Staff see all; customers and systems what they uploaded. Photos (JPEG, PNG, WebP, GIF) come without what the camera wrote beside the picture. Every reading is on record.',
  roles: READERS,
  request: { params: evidenceParams },
  responses: { 200: { description: 'The file, as an attachment.', contentType: 'application/octet-stream' } },
  problems: ['not_found', 'evidence_unreadable', 'evidence_unavailable'],
});
registerRoute({
  method: 'get',
  path: '/v1/evidence/:id/original',
  tag: 'Evidence',
  summary: 'Download a piece of evidence to the byte',
  description:
    'With all that stands beside the picture, such as place and device, as its hash proves. On record as such.',
  roles: ORIGINAL_READERS,
  request: { params: evidenceParams },
  responses: {
    200: { description: 'The file as it came, as an attachment.', contentType: 'application/octet-stream' },
  },
  problems: ['not_found', 'evidence_unavailable'],
});

/** Reads the one file of a form into memory, with limits on everything a form may hold. */
function readFile(limitBytes: number): RequestHandler {
  const upload = multer({
    storage: multer.memoryStorage(),
    limits: { fileSize: limitBytes, files: 1, fields: 0, parts: 1, headerPairs: 20, fieldNameSize: 50 },
    defParamCharset: 'utf8',
  }).single('file');
  return (req, res, next) => {
    if (!req.is('multipart/form-data')) {
      throw new Problem('unsupported_media_type', { params: { expected: 'multipart/form-data' } });
    }
    upload(req, res, (error: unknown) => {
      if (error instanceof MulterError && error.code === 'LIMIT_FILE_SIZE') {
        next(new Problem('body_too_large', { params: { limitBytes } }));
      } else if (error) next(new Problem('evidence_file_missing'));
      else next();
    });
  };
}

/** The name without folders, control characters and what could break out of a header; screened for card numbers. */
function fileNameOf(sent: string): string {
  const base = sent.split(/[/\\]/).at(-1) ?? '';
  const name =
    base
      .replaceAll(/[\p{Cc}\p{Cf}"]/gu, '')
      .trim()
      .slice(-MAX_FILE_NAME_LENGTH) || 'evidence';
  if (containsCardNumber(name)) {
    throw new Problem('card_number_in_text', {
      errors: [{ path: 'file', code: 'card_number_in_text', message: 'Rename the file.' }],
    });
  }
  return name;
}

interface CheckedFile {
  mime: string;
  fileName: string;
  content: Uint8Array<ArrayBuffer>;
  /** Of the content, hex. */
  sha256: string;
}

function checkedFile(req: Request): CheckedFile {
  const { file } = req;
  if (!file || file.size === 0) throw new Problem('evidence_file_missing');
  const mime = sniffMediaType(file.buffer);
  if (!mime) {
    throw new Problem('evidence_type_not_allowed', { params: { accepted: EVIDENCE_MEDIA_TYPES.join(', ') } });
  }
  return {
    mime,
    fileName: fileNameOf(file.originalname),
    content: new Uint8Array(file.buffer),
    sha256: createHash('sha256').update(file.buffer).digest('hex'),
  };
}

/** The image as people see it. @throws Problem evidence_unreadable */
async function shownImage(content: Uint8Array): Promise<Uint8Array> {
  try {
    return await withoutMetadata(content);
  } catch (error) {
    if (error instanceof UnreadableImageError) throw new Problem('evidence_unreadable');
    throw error;
  }
}

function maySee(principal: Principal, evidence: EvidenceRecord): boolean {
  if (principal.kind === 'customer') {
    return evidence.customerId !== null && evidence.customerId === principal.customerId;
  }
  if (STAFF_ROLES.some((role) => principal.roles.includes(role))) return true;
  return evidence.uploadedById === principal.keyId;
}

/** POST /v1/evidence and GET /v1/evidence/{id} */
export function evidenceRoutes(deps: AppDeps): Router {
  const router = Router();

  router.post('/v1/evidence', requireRole(...UPLOADERS), readFile(deps.config.evidenceLimitBytes), async (req, res) => {
    const principal = principalOf(req);
    const file = checkedFile(req);
    await runCommand(deps, req, res, {
      kind: 'upload_evidence',
      principal,
      body: { sha256: file.sha256, fileName: file.fileName },
      bodyHashes: [createHash('sha256').update(`${file.sha256} ${file.fileName}`).digest('hex')],
      refundId: null,
      handler: async (command) => {
        const id = evidenceIdOf(command.id);
        const scannedAt = await scan(deps, principal, file);
        // Nobody is to find out when they look at it.
        if (canStrip(file.mime)) await shownImage(file.content);
        const evidence = await createEvidence(
          deps.db,
          {
            id,
            mode: principal.mode,
            sha256: file.sha256,
            mime: file.mime,
            fileName: file.fileName,
            content: await keep(deps, `${principal.mode}/${id}`, file.content),
            scannedAt,
            uploadedKind: principal.kind,
            uploadedById: principal.keyId,
            customerId: principal.customerId,
          },
          deps.clock(),
        );
        return {
          status: 201,
          headers: { Location: `/v1/evidence/${evidence.id}` },
          body: { id: evidence.id, sha256: evidence.sha256, bytes: evidence.bytes, mime: evidence.mime },
        };
      },
    });
  });

  /** What of a piece of evidence this principal may see at all. @throws Problem not_found */
  async function visible(req: Request): Promise<{ evidence: EvidenceRecord; content: Uint8Array }> {
    const { id } = parseParams(evidenceParams, req);
    const principal = principalOf(req);
    const evidence = await findEvidence(deps.db, principal.mode, id);
    if (!evidence || !maySee(principal, evidence)) throw new Problem('not_found');
    return { evidence, content: await readContent(deps, evidence) };
  }

  function send(res: Response, { mime, fileName }: EvidenceRecord, content: Uint8Array): void {
    res
      .attachment(fileName)
      .set('Content-Type', mime)
      .set('X-Content-Type-Options', 'nosniff')
      .send(Buffer.from(content));
  }

  router.get('/v1/evidence/:id', requireRole(...READERS), async (req, res) => {
    const { evidence, content } = await visible(req);
    const shown = canStrip(evidence.mime) ? await shownImage(content) : content;
    await noteReading(deps, principalOf(req), evidence, 'evidence_read');
    send(res, evidence, shown);
  });

  router.get('/v1/evidence/:id/original', requireRole(...ORIGINAL_READERS), async (req, res) => {
    const { evidence, content } = await visible(req);
    await noteReading(deps, principalOf(req), evidence, 'evidence_original_read');
    send(res, evidence, content);
  });

  return router;
}

/** Readings of evidence are on record, in the refund's own chain when it belongs to one. */
async function noteReading(
  deps: AppDeps,
  principal: Principal,
  evidence: EvidenceRecord,
  type: 'evidence_read' | 'evidence_original_read',
): Promise<void> {
  const entry = {
    type,
    actor: { kind: principal.kind, id: principal.personId ?? principal.keyId },
    data: { evidenceId: evidence.id },
  };
  const atIso = deps.clock().toISOString();
  await deps.db.$transaction((tx) =>
    evidence.refundId
      ? appendRefundAudit(tx, evidence.refundId, atIso, [entry])
      : appendSharedAudit(tx, 'access', evidence.mode, atIso, [entry]),
  );
}
