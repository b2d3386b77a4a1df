/**
 * Views: how a sample is changed before models see it, epoch by epoch.
 *
 * A view is a pure function of (settings' seed, epoch modulo cycle, sample index), so that teachers and student
 * compute the same input on their own. Its text is canonical, travels in tickets and is part of the key of stored
 * answers. The text begins with the version of the functions in sample-view.ts and mixup.ts: a change of what
 * they give must raise {@link VIEW_VERSION}, or stored answers would belong to other inputs.
 */
import { LyceumError, type Problem } from '@lyceum/proto';
import { PICTURE_VIEWS, type ViewSettings, views } from '../specification/index.js';

export interface ViewAt {
  /**
   * `identity`, or version and settings without those that are off: `v1,seed=7,shift=0.07,flip=1`. The two intervals
   * of a random resized crop follow each other: `randomResizedCrop=0.08:1:0.75:1.25`.
   */
  readonly text: string;
  /** Epoch modulo the view's cycle. */
  readonly epoch: number;
}

/** The settings that a view's text holds. */
export type ViewFunction = Omit<ViewSettings, 'cycle'>;

export const IDENTITY_VIEW: ViewAt = { text: 'identity', epoch: 0 };

const VIEW_VERSION = 1;

type Field = Exclude<keyof ViewSettings, 'seed' | 'cycle'>;

const OFF = views.parse({});

/** Fields in the order of the text. Each is 0, false or absent if it is off. */
const FIELDS = Object.keys(views.shape).filter(
  (name) => name !== 'seed' && name !== 'cycle',
) as Field[];

/** The view of a run's epoch; settings that change nothing are the identity. */
export function viewAt(settings: ViewSettings | undefined, epoch: number): ViewAt {
  if (settings === undefined || !FIELDS.some((name) => settings[name])) return IDENTITY_VIEW;
  return { text: viewText(settings), epoch: epoch % settings.cycle };
}

function viewText(view: ViewFunction): string {
  const fields = FIELDS.flatMap((name) => (view[name] ? [`${name}=${valueText(view[name])}`] : []));
  return [`v${VIEW_VERSION}`, `seed=${view.seed}`, ...fields].join();
}

function valueText(value: ViewFunction[Field]): string {
  if (typeof value !== 'object') return String(Number(value));
  return [...value.area, ...value.ratio].join(':');
}

/** Reads what {@link valueText} wrote. Any other text becomes something that is no valid setting. */
function textValue(name: string, text = ''): unknown {
  if (name === 'randomResizedCrop') {
    const [least, most, narrowest, widest] = text.split(':').map(Number);
    return { area: [least, most], ratio: [narrowest, widest] };
  }
  return OFF[name as Field] === false ? text === '1' : Number(text);
}

/** The view that was read last: every batch asks for its run's view again. */
let lastRead: { readonly text: string; readonly view: ViewFunction } | undefined;

/**
 * Reads a view's text; `undefined` for the identity.
 *
 * @throws {LyceumError} INVALID_ARGUMENT if {@link viewAt} never gives such a text.
 */
export function viewFunction({ text }: ViewAt): Readonly<ViewFunction> | undefined {
  if (text === IDENTITY_VIEW.text) return undefined;
  if (text === lastRead?.text) return lastRead.view;
  const [, ...fields] = text.split(',');
  const written = fields.map((field) => {
    const [name = '', value] = field.split('=', 2);
    return [name, textValue(name, value)] as const;
  });
  const { data: view } = views.safeParse(Object.fromEntries(written));
  const isOn = view !== undefined && FIELDS.some((name) => view[name]);
  if (!isOn || viewText(view) !== text) {
    const want = `want version ${VIEW_VERSION} of views, v${VIEW_VERSION},seed=…`;
    throw new LyceumError('INVALID_ARGUMENT', `"${text}" is not a view known here; ${want}`);
  }
  lastRead = { text, view };
  return view;
}

/** Why a set's samples cannot be seen through the view; paths are names of settings. */
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
