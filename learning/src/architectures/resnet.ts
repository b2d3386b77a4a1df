/**
 * ResNet of 6n + 2 layers: 16, 32 and 64 filters, n blocks each, identity shortcuts that skip every second
 * pixel and fill new channels with zeros (option A), global average.
 *
 * @see He, Zhang, Ren & Sun 2016, §4.2, https://arxiv.org/abs/1512.03385
 */
import { z } from 'zod';
import { section, wants } from '../documents/index.js';
import type { Architecture } from './architecture.js';
import { needsPictures } from './fields.js';

const settings = section({
  architecture: z.literal('resnet').describe('A residual network for images.'),
  depth: z
    .literal([8, 20], { error: wants('8 or 20') })
    .default(8)
    .describe('Layers that have weights: 8 or 20.'),
});

export const resnet: Architecture<typeof settings> = {
  name: 'resnet',
  settings,
  example: '{ architecture: resnet, depth: 8 }',
  needs: (sampleShape) => needsPictures(sampleShape, 4),
  hidden(layers, input, { depth }) {
    const blocksPerStage = (depth - 2) / 6;
    let x = layers.normalizedConv(input, { filters: 16, stride: 1, name: 'stem' });
    x = layers.relu(x, 'stem_relu');
    for (const [stage, filters] of [16, 32, 64].entries()) {
      for (let block = 0; block < blocksPerStage; block++) {
        const name = `stage_${stage + 1}_block_${block + 1}`;
        const stride = stage > 0 && block === 0 ? 2 : 1;
        let residual = layers.normalizedConv(x, { filters, stride, name: `${name}_conv_1` });
        residual = layers.relu(residual, `${name}_relu_1`);
        residual = layers.normalizedConv(residual, { filters, stride: 1, name: `${name}_conv_2` });
        const shortcut =
          stride === 1 ? x : layers.narrowShortcut(x, filters / 4, `${name}_shortcut`);
        x = layers.relu(layers.add(shortcut, residual, `${name}_add`), `${name}_relu_2`);
      }
    }
    return layers.globalAverage(x);
  },
};
