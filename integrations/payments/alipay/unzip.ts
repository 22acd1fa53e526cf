import { crc32, inflateRawSync } from 'node:zlib';

/** An archive that is damaged, or of a kind that no bill is. */
export class ZipError extends Error {
  override readonly name = 'ZipError';
}

const END = 0x06054b50;
const LISTED = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const LISTED_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_FILE_BYTES = 512 * 1024 * 1024;

/**
 * The files of a ZIP archive (PKWARE APPNOTE 4.3) by its central directory, each with its checksum verified. Stored and
 * deflated files, no encryption, one volume.
 * @throws ZipError
 */
export function unzip(archive: Buffer): { name: Buffer; content: Buffer }[] {
  try {
    const end = archive.lastIndexOf('PK\u0005\u0006', undefined, 'latin1');
    if (end < 0 || end + END_BYTES > archive.length || archive.readUInt32LE(end) !== END) throw new ZipError('no_end');
    const files = [];
    let at = archive.readUInt32LE(end + 16);
    for (let n = archive.readUInt16LE(end + 10); n > 0; n -= 1) {
      if (archive.readUInt32LE(at) !== LISTED) throw new ZipError('no_directory');
      const nameLength = archive.readUInt16LE(at + 28);
      const name = archive.subarray(at + LISTED_BYTES, at + LISTED_BYTES + nameLength);
      files.push({ name, content: contentOf(archive, at) });
      at += LISTED_BYTES + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
    }
    return files;
  } catch (error) {
    if (error instanceof ZipError) throw error;
    // Offsets that point outside, and data that does not inflate.
    throw new ZipError('damaged', { cause: error });
  }
}

function contentOf(archive: Buffer, listed: number): Buffer {
  const method = archive.readUInt16LE(listed + 10);
  const checksum = archive.readUInt32LE(listed + 16);
  const packedLength = archive.readUInt32LE(listed + 20);
  const local = archive.readUInt32LE(listed + 42);
  if (archive.readUInt32LE(local) !== LOCAL) throw new ZipError('no_local_header');
  const from = local + LOCAL_BYTES + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(from, from + packedLength);
  if (method !== 0 && method !== 8) throw new ZipError(`method_${method}`);
  const content = method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: MAX_FILE_BYTES });
  if (crc32(content) !== checksum) throw new ZipError('checksum');
  return content;
}
