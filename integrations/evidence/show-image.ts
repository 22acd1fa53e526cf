import PQueue from 'p-queue';

/** Formats whose metadata are taken away. HEIC is not among them: what decodes it is patented and not at hand. */
const STRIPPED = ['image/jpeg', 'image/png', 'image/webp', 'image/gif'];

/** Above any photo of a phone, all pictures of an animation together; four bytes each in memory while it is decoded. */
const MAX_PIXELS = 60_000_000;
const TIMEOUT_SECONDS = 10;

/** One at a time: what decodes images uses the threads that files and addresses are looked up with, too. */
const turns = new PQueue({ concurrency: 1 });

/** Cannot be read as the image that its first bytes say it is. */
export class UnreadableImageError extends Error {
  override readonly name = 'UnreadableImageError';
}

/** Whether {@link withoutMetadata} knows the format. */
export const canStrip = (mime: string): boolean => STRIPPED.includes(mime);

/**
 * The picture as people see it, encoded anew without what the camera or a person wrote beside it: place, time, device,
 * names, thumbnails. Turned as its orientation says, since that is metadata too. Deterministic for one version of the library.
 * @throws UnreadableImageError
 */
export function withoutMetadata(content: Uint8Array): Promise<Uint8Array> {
  return turns.add(async () => {
    // Loaded with the first image: most requests of the API bring none.
    const { default: sharp } = await import('sharp');
    try {
      return await sharp(content, { animated: true, limitInputPixels: MAX_PIXELS })
        .timeout({ seconds: TIMEOUT_SECONDS })
        .autoOrient()
        .toBuffer();
    } catch (error) {
      throw new UnreadableImageError('The image cannot be read.', { cause: error });
    }
  });
}
