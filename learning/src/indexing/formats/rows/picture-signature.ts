/** What a file begins with says what it is, whatever its name. Pure. */

const SIGNATURES: readonly { readonly at: number; readonly bytes: string }[] = [
  { at: 0, bytes: '\xff\xd8\xff' },
  { at: 0, bytes: '\x89PNG\r\n\x1a\n' },
  { at: 8, bytes: 'WEBP' },
  { at: 0, bytes: 'GIF8' },
  { at: 0, bytes: 'II*\0' },
  { at: 0, bytes: 'MM\0*' },
  { at: 4, bytes: 'ftyp' },
];

/** Whether it may be one of the formats that are read: JPEG, PNG, WebP, GIF, TIFF, AVIF. */
export function looksLikePicture(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  return SIGNATURES.some(({ at, bytes: signature }) => start.startsWith(signature, at));
}

/** Names of pictures' files, by their endings. */
export const PICTURE_ENDINGS = ['jpg', 'jpeg', 'jfif', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif'];

export function isPictureEnding(ending: string): boolean {
  return PICTURE_ENDINGS.includes(ending.toLowerCase());
}
