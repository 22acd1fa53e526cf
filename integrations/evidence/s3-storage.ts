import { AwsClient } from 'aws4fetch';
import { assertKey, StorageUnavailableError, type EvidenceStorage } from './storage';

export interface S3Options {
  bucket: string;
  region: string;
  /** Of a service that speaks S3; null: Amazon's own. */
  endpoint: string | null;
  accessKeyId: string;
  secretAccessKey: string;
}

const TIMEOUT_MS = 20_000;

/** A bucket of Amazon S3, or of a service that speaks its protocol. Source: PutObject and GetObject of the S3 API reference. */
export class S3Storage implements EvidenceStorage {
  readonly kind = 's3';
  private readonly client: AwsClient;
  private readonly base: string;

  constructor({ bucket, region, endpoint, accessKeyId, secretAccessKey }: S3Options) {
    this.client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: 1 });
    // Services beside Amazon's have no host name for each bucket.
    const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    this.base = endpoint === null ? `https://${bucket}.s3.${region}.${domain}` : `${endpoint}/${bucket}`;
  }

  async put(key: string, content: Uint8Array): Promise<void> {
    const { status } = await this.ask(key, { method: 'PUT', body: Buffer.from(content) });
    if (status !== 200) throw new StorageUnavailableError(`The bucket of evidence does not take an object: ${status}.`);
  }

  async get(key: string): Promise<Uint8Array | null> {
    const { status, body } = await this.ask(key, { method: 'GET' });
    if (status === 200) return body;
    // A bucket that is not there is no answer about an object.
    if (status === 404 && body.includes('<Code>NoSuchKey</Code>')) return null;
    throw new StorageUnavailableError(`The bucket of evidence does not give an object: ${status}.`);
  }

  private async ask(
    key: string,
    request: { method: 'GET' | 'PUT'; body?: Buffer<ArrayBuffer> },
  ): Promise<{ status: number; body: Buffer }> {
    assertKey(key);
    try {
      const answer = await this.client.fetch(`${this.base}/${key}`, {
        ...request,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
    } catch (error) {
      throw new StorageUnavailableError('The bucket of evidence cannot be reached.', { cause: error });
    }
  }
}
