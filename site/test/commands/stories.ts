/**
 * In which order pages are followed. Each story is one reader, with a cluster and a folder of their own; a page that
 * goes on from another one stands behind it. What readers do not run is in `not-run.ts`.
 */
import {
  digitsAndTeachers,
  onnxModel,
  pausedRun,
  photos,
  type Reader,
  sameModelAgain,
  tables,
} from './at-hand.js';
import { namesAPhoto } from './in-the-browser.js';

/** What readers put in for words of a page. */
export type Words = Readonly<Record<string, string>>;

export interface StoryPage {
  readonly path: string;
  /** Makes what the page takes to be there. */
  readonly atHand?: (reader: Reader) => Promise<void>;
  readonly words?: Words;
  /** That the page names; free ones are taken in their place. */
  readonly ports?: readonly string[];
  /** Looks at what came out. @param printed - by the last program that stays. */
  readonly inTheEnd?: (reader: Reader, printed: string) => Promise<void>;
}

export type Story = readonly StoryPage[];

/** The run of the quick start; any free port. */
const FIRST: Words = {
  'report digits': 'report first',
  'worth digits': 'worth first',
  'wide=': 'digits-wide=',
  'export digits': 'export first',
  'serve digits': 'serve first --listen 127.0.0.1:0',
};

export const STORIES: readonly Story[] = [
  [
    { path: 'README.md' },
    { path: 'docs/quick-start.md' },
    { path: 'docs/dashboard.md' },
    { path: 'docs/how-to/read-a-report.md' },
    { path: 'docs/how-to/ensemble-rule.md' },
    { path: 'docs/how-to/sweep.md' },
    { path: 'docs/how-to/paused-run.md', atHand: pausedRun, words: { RUN: 'stuck' } },
    { path: 'docs/how-to/partly-labelled.md' },
    { path: 'docs/how-to/model-server.md', ports: ['8000', '8001'] },
    {
      path: 'docs/remote-teachers.md',
      words: { './wide': './wide-again' },
      ports: ['8000', '8001'],
    },
    {
      path: 'docs/tutorial.md',
      atHand: digitsAndTeachers,
      ports: ['8080'],
      inTheEnd: namesAPhoto,
    },
    { path: 'docs/reports.md', words: FIRST },
    { path: 'docs/students-elsewhere.md', words: FIRST },
  ],
  [
    { path: 'docs/how-to/black-box.md', ports: ['8080'] },
    { path: 'docs/how-to/photos.md', atHand: photos },
    { path: 'docs/how-to/onnx-teacher.md', atHand: onnxModel },
    { path: 'docs/models.md', atHand: sameModelAgain },
    { path: 'docs/text-and-tables.md', atHand: tables },
  ],
  [
    {
      path: 'docs/security.md',
      words: { '0.0.0.0:7700': '127.0.0.1:0', 'gpu-box:7700': '127.0.0.1:7700' },
    },
  ],
];

/** Programs that stay until Ctrl-C, and what they print once they are ready. */
export const STAYING: readonly { readonly command: RegExp; readonly isReady: RegExp }[] = [
  { command: /^(?:npx )?coordinator up\b/, isReady: /Ctrl-C ends it/ },
  { command: /^coordinator targets serve\b/, isReady: /\d:\d+/ },
  { command: /^npx teacher-worker\b.* serve\b/, isReady: /inferenceHttp/ },
  { command: /^npm run digit-reader\b/, isReady: /"port"/ },
  { command: /^python3 -u -m http\.server/, isReady: /Serving HTTP/ },
  { command: /^coordinator dashboard\b/, isReady: /http:/ },
];
