/** Which rectangle of a picture a random resized crop keeps. */
import { mulberry32 } from '../arrays/index.js';
import type { ViewFunction } from './views.js';

export type CropSettings = NonNullable<ViewFunction['randomResizedCrop']>;

/** How many rectangles are drawn before the one about the centre is taken. */
const TRIES = 10;

/** How many numbers of a sample's stream a crop uses: two for each rectangle, then two for its place. */
export const CROP_DRAWS = 2 * TRIES + 2;

/**
 * Draws rectangles as torchvision's RandomResizedCrop does, of Szegedy et al. 2015 (Going deeper with convolutions, §6,
 * https://arxiv.org/abs/1409.4842), for a picture of H × W pixels:
 *
 *     a uniform in area, r log-uniform in ratio:  width = round(√(a H W r)),  height = round(√(a H W / r))
 *
 * The first of ten rectangles that fits into the picture gets a uniform place in whole pixels. If none fits, the crop
 * is the greatest rectangle about the centre with the picture's own ratio, or with the nearest ratio that is allowed.
 *
 * Sizes and places are whole pixels of the set, so a difference in a logarithm's last bits moves nothing.
 *
 * @see https://github.com/pytorch/vision/blob/v0.20.0/torchvision/transforms/transforms.py
 */
export class CropBox {
  top = 0;
  left = 0;
  height = 0;
  width = 0;

  /** @param firstDraw - place of the first of {@link CROP_DRAWS} numbers in the stream. */
  draw({ area, ratio }: CropSettings, seed: number, firstDraw: number, H: number, W: number): void {
    const place = firstDraw + 2 * TRIES;
    const [narrowest, widest] = [Math.log(ratio[0]), Math.log(ratio[1])];
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const a = mulberry32(seed, firstDraw + 2 * attempt);
      const r = mulberry32(seed, firstDraw + 2 * attempt + 1);
      const kept = H * W * (area[0] + a * (area[1] - area[0]));
      const shape = Math.exp(narrowest + r * (widest - narrowest));
      this.width = Math.round(Math.sqrt(kept * shape));
      this.height = Math.round(Math.sqrt(kept / shape));
      if (this.width < 1 || this.height < 1 || this.width > W || this.height > H) continue;
      this.top = Math.floor(mulberry32(seed, place) * (H - this.height + 1));
      this.left = Math.floor(mulberry32(seed, place + 1) * (W - this.width + 1));
      return;
    }
    this.width = W;
    this.height = H;
    if (W < H * ratio[0]) this.height = Math.max(1, Math.round(W / ratio[0]));
    else if (W > H * ratio[1]) this.width = Math.max(1, Math.round(H * ratio[1]));
    this.top = Math.floor((H - this.height) / 2);
    this.left = Math.floor((W - this.width) / 2);
  }
}
