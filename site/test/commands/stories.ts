/**
 * The order in which pages are followed. Each story is one reader with a cluster and a folder; a page that builds on
 * another comes after it. Commands that are not run are in `not-run.ts`.
 */
import {
  numpy,
  onnxModel,
  pausedRun,
  photos,
  type Reader,
  runDigits,
  sameModelAgain,
  tables,
  teachers,
} from './at-hand.js';
import { namesAPhoto, servesPages } from './in-the-browser.js';
import { modalities, shards } from './sets-at-hand.js';

/** Replacements for words of a page. */
type Words = Readonly<Record<string, string>>;

export interface StoryPage {
  readonly path: string;
  /** Makes the things that the page presumes. */
  readonly atHand?: (reader: Reader) => Promise<void>;
  readonly words?: Words;
  /** Ports that the page names; free ones are taken in their place. */
  readonly ports?: readonly string[];
  /** Replacements for commands that no test runs. */
  readonly instead?: Readonly<Record<string, (reader: Reader) => Promise<void>>>;
  /** Checks the outcome. @param printed - the output of the last program that stays. */
  readonly inTheEnd?: (reader: Reader, printed: string) => Promise<void>;
}

export type Story = readonly StoryPage[];

/** Words of the quick start's run, with any free port. */
const FIRST: Words = {
  'report digits': 'report first',
  'worth digits': 'worth first',
  '--seeds 10': '--seeds 2',
  'wide=': 'digits-wide=',
  'export digits': 'export first',
  'serve digits': 'serve first --listen 127.0.0.1:0',
};

/** Stories. Each has its own test file, so that several are followed at the same time. */
export const STORIES = {
  quickStart: [
    {
      path: 'README.md',
      words: { 'npm run demo': 'npm run demo -- --set spec.training.epochs=1' },
    },
    { path: 'docs/quick-start.md' },
    { path: 'docs/dashboard.md' },
    { path: 'docs/how-to/read-a-report.md' },
    { path: 'docs/how-to/ensemble-rule.md' },
    { path: 'docs/how-to/sweep.md', words: { '1,2.5,4,8': '1,4' } },
    { path: 'docs/how-to/paused-run.md', atHand: pausedRun, words: { RUN: 'stuck' } },
    { path: 'docs/how-to/partly-labelled.md' },
    { path: 'docs/how-to/model-server.md', ports: ['8000', '8001'] },
    {
      path: 'docs/remote-teachers.md',
      words: { './wide': './wide-again' },
      ports: ['8000', '8001'],
    },
    { path: 'docs/reports.md', words: FIRST, atHand: numpy },
    { path: 'docs/students-elsewhere.md', words: FIRST },
    { path: 'docs/own-methods.md' },
    { path: 'examples/README.md', words: FIRST },
  ],
  tutorial: [
    {
      path: 'docs/tutorial.md',
      words: {
        'torch torchvision onnx onnxscript': 'pillow',
        '[:600]': '[:80]',
        'i < 400': 'i < 40',
        'i < 450': 'i < 50',
      },
      ports: ['8080'],
      instead: { 'venv/bin/python teachers.py': teachers },
      inTheEnd: namesAPhoto,
    },
    { path: 'CONTRIBUTING.md', inTheEnd: servesPages },
  ],
  ownData: [
    { path: 'docs/how-to/black-box.md', ports: ['8080'] },
    { path: 'docs/how-to/photos.md', atHand: photos },
    { path: 'docs/how-to/onnx-teacher.md', atHand: onnxModel },
    { path: 'docs/models.md', atHand: sameModelAgain },
    { path: 'docs/text-and-tables.md', atHand: tables },
    { path: 'docs/cross-modal.md', atHand: modalities },
    { path: 'docs/sets.md', atHand: shards },
  ],
  security: [
    {
      path: 'docs/security.md',
      words: { '0.0.0.0:7700': '127.0.0.1:0', 'gpu-box:7700': '127.0.0.1:7700' },
    },
    {
      path: 'clients/python/README.md',
      atHand: runDigits,
      words: { 'serve digits': 'serve digits --listen 127.0.0.1:0', '--listen 0.0.0.0:7710': '' },
    },
  ],
} satisfies Readonly<Record<string, Story>>;

/** Programs that stay until Ctrl-C, and what they print once they are ready. */
export const STAYING: readonly { readonly command: RegExp; readonly isReady: RegExp }[] = [
  { command: /^(?:npx )?coordinator up\b/, isReady: /Ctrl-C ends it/ },
  { command: /^coordinator\b.* targets serve\b/, isReady: /\d:\d+/ },
  { command: /^npx teacher-worker\b.* serve\b/, isReady: /inferenceHttp/ },
  { command: /^npm run digit-reader\b/, isReady: /"port"/ },
  { command: /^npm run docs\b/, isReady: /Local: .*:\d+/ },
  { command: /^python3 -u -m http\.server/, isReady: /Serving HTTP/ },
  { command: /^coordinator dashboard\b/, isReady: /http:/ },
];
