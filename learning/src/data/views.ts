/**
 * Views: how a sample is transformed before models see it.
 *
 * A view is a pure function of (settings' seed, epoch modulo cycle, sample index), so that teachers and
 * student compute the same input on their own. Its text is canonical and travels in tickets. Of a sample's
 * stream of uniform numbers, the first moves it down, the second moves it right, the third mirrors it.
 */
import { LyceumError, type ViewSettings } from '@lyceum/proto';
import { fnv1a32, fnv1a32Decimal, mulberry32 } from './hashing.js';

export interface ViewAt {
  /** `identity`, or settings as `seed=7,shift=0.07,flip=1`. */
  readonly text: string;
  /** Epoch modulo the view's cycle. */
  readonly epoch: number;
}

export const IDENTITY_VIEW: ViewAt = { text: 'identity', epoch: 0 };

/** The view of a run's epoch; settings that change nothing are the identity. */
export function viewAt(settings: ViewSettings | undefined, epoch: number): ViewAt {
  if (settings === undefined || (settings.shift === 0 && !settings.flip)) return IDENTITY_VIEW;
  return { text: viewText(settings), epoch: epoch % settings.cycle };
}

function viewText(view: Omit<ViewSettings, 'cycle'>): string {
  return `seed=${view.seed},shift=${view.shift},flip=${view.flip ? 1 : 0}`;
}

const VIEW_TEXT = /^seed=(\d{1,10}),shift=([\d.e-]{1,24}),flip=([01])$/;

/** Moves one sample; compiled from a view once per batch. */
export interface SampleMover {
  /**
   * Writes the view of sample `sampleIndex` to `out` at `offset`. Pixels from outside are 0.
   *
   * @param inputs - [N, H, W, C], row-major; `scale` times a stored value is the real one.
   */
  move(
    inputs: Uint8Array | Float32Array,
    scale: number,
    sampleIndex: number,
    out: Float32Array,
    offset: number,
  ): void;
}

/**
 * Compiles a view for samples of one shape; `undefined` for the identity.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if the text is no view, or the samples are not [H, W, C].
 */
export function sampleMover(view: ViewAt, sampleShape: readonly number[]): SampleMover | undefined {
  if (view.text === IDENTITY_VIEW.text) return undefined;
  const match = VIEW_TEXT.exec(view.text);
  const settings = {
    seed: Number(match?.[1]),
    shift: Number(match?.[2]),
    flip: match?.[3] === '1',
  };
  if (match === null || viewText(settings) !== view.text || settings.shift > 0.5) {
    throw new LyceumError('INVALID_ARGUMENT', `"${view.text}" is not a view`);
  }
  const [height, width, channels] = sampleShape;
  if (sampleShape.length !== 3 || !height || !width || !channels) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      `view ${view.text} needs samples of shape [height, width, channels], and these are [${sampleShape}]`,
    );
  }
  const { shift, flip } = settings;
  const prefix = fnv1a32(`${settings.seed}|${view.epoch}|`);
  const rowLength = width * channels;
  const maxDown = Math.round(shift * height);
  const maxRight = Math.round(shift * width);

  return {
    move(inputs, scale, sampleIndex, out, offset) {
      const seed = fnv1a32Decimal(sampleIndex, prefix);
      const down = Math.floor(mulberry32(seed, 0) * (2 * maxDown + 1)) - maxDown;
      const right = Math.floor(mulberry32(seed, 1) * (2 * maxRight + 1)) - maxRight;
      const mirrored = flip && mulberry32(seed, 2) < 0.5;
      out.fill(0, offset, offset + height * rowLength);
      const base = sampleIndex * height * rowLength;
      const firstX = Math.max(0, right);
      const endX = Math.min(width, width + right);
      const endY = Math.min(height, height + down);
      for (let y = Math.max(0, down); y < endY; y++) {
        const from = base + (y - down) * rowLength;
        const to = offset + y * rowLength;
        if (mirrored) {
          for (let x = firstX; x < endX; x++) {
            const pixel = from + (width - 1 - (x - right)) * channels;
            const target = to + x * channels;
            for (let c = 0; c < channels; c++) {
              out[target + c] = (inputs[pixel + c] as number) * scale;
            }
          }
        } else {
          const end = endX * channels;
          const back = from - right * channels;
          for (let i = firstX * channels; i < end; i++) {
            out[to + i] = (inputs[back + i] as number) * scale;
          }
        }
      }
    },
  };
}
