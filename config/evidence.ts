import type { ValuesOf } from './read';

/** Variables of what keeps evidence and looks at it. */
export const EVIDENCE_NAMES = [
  'EVIDENCE_LIMIT_BYTES',
  'EVIDENCE_DIRECTORY',
  'EVIDENCE_S3_BUCKET',
  'EVIDENCE_S3_REGION',
  'EVIDENCE_S3_ENDPOINT',
  'EVIDENCE_S3_ACCESS_KEY_ID',
  'EVIDENCE_S3_SECRET_ACCESS_KEY',
  'EVIDENCE_SCANNER',
] as const;

export interface EvidenceConfig {
  limitBytes: number;
  /** Null with no bucket beside it: the database keeps it. */
  directory: string | null;
  /** Null: no bucket. An endpoint that is null is Amazon's own. */
  s3: {
    bucket: string;
    region: string;
    endpoint: string | null;
    accessKeyId: string;
    secretAccessKey: string;
  } | null;
  /** Null: nothing is scanned. */
  scanner: { host: string; port: number } | null;
}

export function evidenceConfig(values: ValuesOf<(typeof EVIDENCE_NAMES)[number]>, problems: string[]): EvidenceConfig {
  const {
    EVIDENCE_S3_BUCKET: bucket,
    EVIDENCE_S3_ACCESS_KEY_ID: accessKeyId,
    EVIDENCE_S3_SECRET_ACCESS_KEY: secretAccessKey,
  } = values;
  const given = [bucket, accessKeyId, secretAccessKey].filter((value) => value !== undefined).length;
  if (given > 0 && given < 3)
    problems.push(
      'EVIDENCE_S3_BUCKET, EVIDENCE_S3_ACCESS_KEY_ID and EVIDENCE_S3_SECRET_ACCESS_KEY belong together: set all three, or none to use no bucket.',
    );
  return {
    limitBytes: values.EVIDENCE_LIMIT_BYTES,
    directory: values.EVIDENCE_DIRECTORY ?? null,
    s3:
      bucket === undefined || accessKeyId === undefined || secretAccessKey === undefined
        ? null
        : {
            bucket,
            region: values.EVIDENCE_S3_REGION,
            endpoint: values.EVIDENCE_S3_ENDPOINT ?? null,
            accessKeyId,
            secretAccessKey,
          },
    scanner: values.EVIDENCE_SCANNER ?? null,
  };
}
