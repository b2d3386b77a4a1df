/** The pages of the reference, by their files' names. */
import { commandsPage } from './commands.js';
import { documentPage, type Schema } from './documents.js';
import { metricsPage } from './metrics.js';
import { protocolPage } from './protocol.js';
import {
  coordinatorProgram,
  documents,
  programMetrics,
  protocol,
  workerPrograms,
} from './sources.js';

/** Titles and introductions of documents, by the document's name in `coordinator schema`. */
const DOCUMENT_PAGES: Readonly<Record<string, readonly [title: string, intro: string]>> = {
  imitation: [
    'Imitation',
    'What `coordinator imitation` reads. [Black boxes](../../docs/imitation.md) says how it is used.',
  ],
  endpoint: [
    'Endpoint',
    'A black box behind HTTP, as `coordinator models push NAME FILE.yaml` reads it. [Teachers behind servers and APIs](../../docs/remote-teachers.md) has examples.',
  ],
  report: [
    'Report',
    'What `coordinator report RUN -o json` prints. [Reports](../../docs/reports.md) says how it is read.',
  ],
};

/** @param checkout - path of the checkout, which holds buf and the .proto files. */
export async function referencePages(checkout: string): Promise<Record<string, string>> {
  const { run = {}, ...others } = documents();
  const pages: Record<string, string> = {
    'coordinator.md': commandsPage(
      'coordinator',
      'All commands with all options, as `coordinator COMMAND --help` has them. Options of the program itself stand before or after the command. [Commands](../../docs/commands.md) has those used most.',
      [await coordinatorProgram()],
    ),
    'workers.md': commandsPage(
      'Workers',
      'The two programs that compute. If an option is not given, its environment variable counts.',
      workerPrograms(),
    ),
    'metrics.md': metricsPage(
      'What each program shows at `/metrics` of its `--http` address, for Prometheus.',
      programMetrics(),
    ),
    'protocol.md': protocolPage(
      'Calls and messages of `lyceum.v1`, from `proto/lyceum/v1`. Programs use it over gRPC. Fields that are not set are zero, `false` or empty.',
      protocol(checkout),
    ),
  };
  const [distillation = {}, training = {}] = run.anyOf ?? [];
  const runIntro = `${schemaNote('run')} ${editorNote('run')} Sections follow the document from outside to inside; \`[]\` is an element of a list.`;
  pages['run-distillation.md'] = documentPage('Run: Distillation', runIntro, distillation);
  pages['run-training.md'] = documentPage('Run: Training', runIntro, training);
  for (const [name, schema] of Object.entries(others)) {
    const [title, intro] = DOCUMENT_PAGES[name] ?? [name, ''];
    const isWritten = name !== 'report';
    const words = `${intro} ${schemaNote(name)}${isWritten ? ` ${editorNote(name)}` : ''}`;
    pages[`${name}.md`] = documentPage(title, words, schema, isWritten ? 'needed' : 'always there');
  }
  return pages;
}

export function schemaFiles(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(documents()).map(([name, schema]: [string, Schema]) => [
      `${name}.schema.json`,
      `${JSON.stringify(schema, null, 2)}\n`,
    ]),
  );
}

function schemaNote(name: string): string {
  return `Its JSON Schema is <a href="/schemas/${name}.schema.json" target="_self">${name}.schema.json</a>; \`coordinator schema ${name}\` prints it.`;
}

function editorNote(name: string): string {
  return `Editors complete and check a YAML file that begins with \`# yaml-language-server: $schema=./${name}.schema.json\`.`;
}
