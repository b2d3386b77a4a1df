/** Tells from the first bytes of a file whether it is a picture, whatever its name. Pure. */

const SIGNATURES: readonly { readonly at: number; readonly bytes: string }[] = [
  { at: 0, bytes: '\xff\xd8\xff' },
  { at: 0, bytes: '\x89PNG\r\n\x1a\n' },
  { at: 8, bytes: 'WEBP' },
  { at: 0, bytes: 'GIF8' },
  { at: 0, bytes: 'II*\0' },
  { at: 0, bytes: 'MM\0*' },
  { at: 4, bytes: 'ftyp' },
];

/** Whether the bytes may be of a format that is read: JPEG, PNG, WebP, GIF, TIFF, AVIF. */
export function looksLikePicture(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  return SIGNATURES.some(({ at, bytes: signature }) => start.startsWith(signature, at));
}

/** Endings of pictures' files. */
export const PICTURE_ENDINGS = ['jpg', 'jpeg', 'jfif', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif'];

export function isPictureEnding(ending: string): boolean {
  return PICTURE_ENDINGS.includes(ending.toLowerCase());
}
