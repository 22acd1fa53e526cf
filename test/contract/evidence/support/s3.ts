import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export const S3_KEYS = { accessKeyId: 'AKTEST', secretAccessKey: 'secret-of-a-test' };

export interface S3 {
  url: string;
  objects: Map<string, Buffer>;
  close(): Promise<void>;
}

/**
 * Speaks what S3 speaks of PutObject and GetObject, path-style, and refuses what is not signed by the one key it knows.
 * Source: "Authenticating Requests (AWS Signature Version 4)" of the S3 API reference.
 */
export async function startS3(): Promise<S3> {
  const objects = new Map<string, Buffer>();
  const server = createServer((req, res) => {
    const parts: Buffer[] = [];
    req.on('data', (part: Buffer) => parts.push(part));
    req.on('end', () => {
      const body = Buffer.concat(parts);
      const { pathname } = new URL(req.url ?? '', 'http://s3');
      const refuse = (status: number, code: string): void =>
        void res
          .writeHead(status, { 'content-type': 'application/xml' })
          .end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
      if (!isSigned(req, body)) return refuse(403, 'SignatureDoesNotMatch');
      if (req.method === 'PUT') {
        objects.set(pathname, body);
        return void res.writeHead(200, { etag: '"x"' }).end();
      }
      const found = objects.get(pathname);
      if (!found) return refuse(404, 'NoSuchKey');
      res.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': found.length }).end(found);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');
const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();

function isSigned(req: IncomingMessage, body: Buffer): boolean {
  const match = /Credential=([^/]+)\/(\d+)\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)/.exec(
    req.headers.authorization ?? '',
  );
  const [, keyId, date, region, headers, signature] = match ?? [];
  if (keyId !== S3_KEYS.accessKeyId || !date || !region || !headers) return false;
  const stated = String(req.headers['x-amz-content-sha256']);
  if (stated !== 'UNSIGNED-PAYLOAD' && stated !== sha256(body)) return false;
  const { pathname, searchParams } = new URL(req.url ?? '', 'http://s3');
  searchParams.sort();
  const canonical = [
    req.method,
    pathname,
    searchParams.toString(),
    ...headers.split(';').map((name) => `${name}:${String(req.headers[name]).trim()}`),
    '',
    headers,
    stated,
  ].join('\n');
  const scope = `${date}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', String(req.headers['x-amz-date']), scope, sha256(canonical)].join('\n');
  const key = ['aws4_request', 's3', region, date].reduceRight<Buffer | string>(
    (made, part) => hmac(made, part),
    `AWS4${S3_KEYS.secretAccessKey}`,
  );
  return hmac(key, text).toString('hex') === signature;
}
