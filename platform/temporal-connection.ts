import { readFileSync } from 'node:fs';

/** How to reach Temporal; the temporal section of the configuration fits. */
export interface TemporalEndpoint {
  address: string;
  apiKey: string | null;
  tls: {
    serverName: string | null;
    caFile: string | null;
    certFile: string | null;
    keyFile: string | null;
  } | null;
}

/** Options that Connection and NativeConnection both take. */
export interface TemporalConnectionOptions {
  address: string;
  apiKey?: string;
  tls?: {
    serverNameOverride?: string;
    serverRootCACertificate?: Buffer;
    clientCertPair?: { crt: Buffer; key: Buffer };
  };
}

/** Reads the certificates. Throws the file system's error when one of them cannot be read. */
export function temporalConnectionOptions(endpoint: TemporalEndpoint): TemporalConnectionOptions {
  const { address, apiKey, tls } = endpoint;
  return {
    address,
    ...(apiKey === null ? {} : { apiKey }),
    ...(tls === null
      ? {}
      : {
          tls: {
            ...(tls.serverName === null ? {} : { serverNameOverride: tls.serverName }),
            ...(tls.caFile === null ? {} : { serverRootCACertificate: readFileSync(tls.caFile) }),
            ...(tls.certFile === null || tls.keyFile === null
              ? {}
              : { clientCertPair: { crt: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) } }),
          },
        }),
  };
}
