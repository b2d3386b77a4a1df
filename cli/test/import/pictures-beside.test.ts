/** `pictureSettings` of `preprocessor_config.json` of Hugging Face's image processors, by their documentation. */
import { expect, test } from 'vitest';
import { pictureSettings } from '../../src/import/pictures-beside.js';

const HALF = [0.5, 0.5, 0.5];
const VIT = {
  image_processor_type: 'ViTImageProcessor',
  do_resize: true,
  size: { height: 224, width: 224 },
  resample: 2,
  do_rescale: true,
  rescale_factor: 0.00392156862745098,
  do_normalize: true,
  image_mean: HALF,
  image_std: HALF,
};
const NORMALIZED = { mean: HALF, standardDeviation: HALF, layout: 'NCHW' };

test.each<[string, object, object | undefined]>([
  ['ViT', {}, { ...NORMALIZED, resize: [224, 224], antialias: true }],
  ['DeiT, cut out of a greater one', { size: { height: 256, width: 256 }, do_center_crop: true, crop_size: { height: 224, width: 224 }, resample: 3 }, { ...NORMALIZED, resize: [256, 256], centreCrop: [224, 224], interpolation: 'bicubic', antialias: true }], // biome-ignore format: one line
  ['ResNet, of a small size', { size: { shortest_edge: 224 }, crop_pct: 0.875, resample: 3 }, { ...NORMALIZED, resize: 256, centreCrop: [224, 224], interpolation: 'bicubic', antialias: true }], // biome-ignore format: one line
  ['ConvNeXt, of a great size', { size: { shortest_edge: 384 }, crop_pct: 0.875 }, { ...NORMALIZED, resize: [384, 384], antialias: true }], // biome-ignore format: one line
  ['MobileViT', { size: { shortest_edge: 288 }, do_center_crop: true, crop_size: { height: 256, width: 256 }, do_normalize: false, do_flip_channel_order: true }, { layout: 'NCHW', colours: 'BGR', resize: 288, centreCrop: [256, 256], antialias: true }], // biome-ignore format: one line
  ['MobileViT, of Transformers 5', { image_processor_type: 'MobileViTImageProcessor', do_normalize: undefined, do_flip_channel_order: true }, { layout: 'NCHW', colours: 'BGR', resize: [224, 224], antialias: true }], // biome-ignore format: one line
  ['an older one', { size: 256, do_center_crop: true, crop_size: 224, do_rescale: undefined }, { ...NORMALIZED, resize: 256, centreCrop: [224, 224], antialias: true }], // biome-ignore format: one line
  ['an older one without a crop', { size: 224 }, { ...NORMALIZED, resize: [224, 224], antialias: true }], // biome-ignore format: one line
  ['pictures of any size, from 0 to 255', { do_resize: false, do_rescale: false, do_normalize: false }, { scale: 255, layout: 'NCHW' }], // biome-ignore format: one line
  ['ResNet, of an older file', { size: 224, crop_pct: 0.875, resample: 3 }, { ...NORMALIZED, resize: 256, centreCrop: [224, 224], interpolation: 'bicubic', antialias: true }], // biome-ignore format: one line
  ['LeViT, of a greater size than it says', { image_processor_type: 'LevitImageProcessorFast', size: { shortest_edge: 224 }, do_center_crop: true, crop_size: { height: 224, width: 224 } }, { ...NORMALIZED, resize: 256, centreCrop: [224, 224], antialias: true }], // biome-ignore format: one line
  ['EfficientNet, divided by the deviation twice', { include_top: true, image_std: [0.5, 0.5, 0.25] }, { ...NORMALIZED, standardDeviation: [0.25, 0.25, 0.0625], resize: [224, 224], antialias: true }], // biome-ignore format: one line
  ['EfficientNet, divided by the deviation alone', { include_top: true, do_normalize: false }, { standardDeviation: HALF, layout: 'NCHW', resize: [224, 224], antialias: true }], // biome-ignore format: one line
  ['EfficientNet, with values below 0', { rescale_offset: true }, undefined],
])('pictureSettings of %s', (_, changes, settings) => {
  expect(pictureSettings({ ...VIT, ...changes })).toEqual(settings);
});

test('pictureSettings ignores a processor of sound', () => {
  const config = { feature_extractor_type: 'Wav2Vec2FeatureExtractor', do_normalize: true };
  expect(pictureSettings(config)).toBeUndefined();
});
