import { GatewayBusyError } from './gateway';
import { SettlementUnreadableError } from './settlement';

/** Larger records are not read into memory. */
const MAX_BYTES = 256 * 1024 * 1024;
const RETRY_AFTER_MS = 30_000;

/**
 * Downloads a provider's file: no redirects, at most 256 MB.
 * @throws GatewayBusyError when no complete answer came; SettlementUnreadableError for an address that is refused
 */
export async function download(
  provider: string,
  url: URL,
  options: { timeoutMs: number; headers?: Record<string, string> },
): Promise<Buffer> {
  const { timeoutMs, headers = {} } = options;
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs), headers });
    if (response.status === 429 || response.status >= 500) {
      await response.body?.cancel();
      throw new GatewayBusyError(provider, `http_${response.status}`, RETRY_AFTER_MS);
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new SettlementUnreadableError(provider, `download_${response.status}`);
    }
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > MAX_BYTES) throw new SettlementUnreadableError(provider, 'file_too_large');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof GatewayBusyError || error instanceof SettlementUnreadableError) throw error;
    throw new GatewayBusyError(provider, 'download_lost', RETRY_AFTER_MS);
  }
}
