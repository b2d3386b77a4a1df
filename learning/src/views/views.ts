/**
 * Views: how a sample is changed before models see it, epoch by epoch.
 *
 * A view is a pure function of (settings' seed, epoch modulo cycle, sample index), so that teachers and student
 * compute the same input on their own. Its text is canonical, travels in tickets and is part of the key of stored
 * answers. The text begins with the version of the functions in sample-view.ts and mixup.ts: whoever changes what
 * they give must raise {@link VIEW_VERSION}, or stored answers would belong to other inputs.
 */
import { LyceumError, type Problem } from '@lyceum/proto';
import { PICTURE_VIEWS, type ViewSettings, views } from '../specification/index.js';

export interface ViewAt {
  /** `identity`, or version and settings, those that are off left out: `v1,seed=7,shift=0.07,flip=1`. */
  readonly text: string;
  /** Epoch modulo the view's cycle. */
  readonly epoch: number;
}

/** What a view's text says. */
export type ViewFunction = Omit<ViewSettings, 'cycle'>;

export const IDENTITY_VIEW: ViewAt = { text: 'identity', epoch: 0 };

const VIEW_VERSION = 1;

const { seed: _, cycle: __, ...OFF } = views.parse({});

/** In the order of the text. All are 0 or false where they are off. */
const FIELDS = Object.keys(OFF) as (keyof typeof OFF)[];

/** The view of a run's epoch; settings that change nothing are the identity. */
export function viewAt(settings: ViewSettings | undefined, epoch: number): ViewAt {
  if (settings === undefined || !FIELDS.some((name) => settings[name])) return IDENTITY_VIEW;
  return { text: viewText(settings), epoch: epoch % settings.cycle };
}

function viewText(view: ViewFunction): string {
  const fields = FIELDS.flatMap((name) => (view[name] ? [`${name}=${Number(view[name])}`] : []));
  return [`v${VIEW_VERSION}`, `seed=${view.seed}`, ...fields].join();
}

/**
 * Reads a view's text; `undefined` for the identity.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if the text is none that {@link viewAt} gives.
 */
export function viewFunction({ text }: ViewAt): ViewFunction | undefined {
  if (text === IDENTITY_VIEW.text) return undefined;
  const [, ...fields] = text.split(',');
  const written = fields.map((field) => {
    const [name = '', value] = field.split('=', 2);
    const isFlag = Object.entries(OFF).some(([own, off]) => own === name && off === false);
    return [name, isFlag ? value === '1' : Number(value)] as const;
  });
  const { data: view } = views.safeParse(Object.fromEntries(written));
  const isOn = view !== undefined && FIELDS.some((name) => view[name]);
  if (!isOn || viewText(view) !== text) {
    const want = `want version ${VIEW_VERSION} of views, v${VIEW_VERSION},seed=…`;
    throw new LyceumError('INVALID_ARGUMENT', `"${text}" is not a view known here; ${want}`);
  }
  return view;
}

/** Why the samples of a set cannot be seen so; paths are names of settings. */
export function viewProblems(
  view: Partial<ViewFunction> | undefined,
  sampleShape: readonly number[],
): Problem[] {
  if (view === undefined || sampleShape.length === 3) return [];
  return PICTURE_VIEWS.filter((name) => view[name]).map((name) => ({
    path: name,
    message: `needs samples of shape [height, width, channels], and those of spec.dataset are [${sampleShape}]; mixup works with any`,
  }));
}
