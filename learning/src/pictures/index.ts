/** Pictures' files to pixels. */
export {
  IMAGE_FILE_MAX_BYTES,
  IMAGE_FITS,
  type ImageDecoder,
  type ImageFit,
  type ImageOptions,
} from './image-decoder.js';
export {
  decoderVersion,
  openImageDecoder,
  type PictureDecoder,
  pictureDecoder,
} from './picture-decoder.js';
