import { EVIDENCE_MEDIA_TYPES } from '../sniff-media-type';
import { redressId } from './common';
import { z } from './zod';

export const evidenceParams = z.strictObject({ id: redressId('ev') });

/** The form of an upload; what is parsed is the form's one file. */
export const evidenceUpload = z
  .object({ file: z.any().openapi({ type: 'string', format: 'binary' }) })
  .openapi('EvidenceUpload');

export const evidenceView = z
  .object({
    id: redressId('ev'),
    sha256: z.string().openapi({ description: 'Of the content, hex.' }),
    bytes: z.int(),
    mime: z.enum(EVIDENCE_MEDIA_TYPES),
  })
  .openapi('Evidence');
