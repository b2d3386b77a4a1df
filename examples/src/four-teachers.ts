/**
 * `four-teachers`: a TensorFlow.js model, an ONNX model, a model behind an inference server in another process and a
 * black box that answers with words teach one student at once. kd compares with the three teachers that give logits;
 * all four vote. The example also tries out, and prints, which terms take which teachers.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { programFile } from '@lyceum/cli/local-cluster';
import { accessTable, type Column } from './access-table.js';
import { type ExampleContext, finish, printLines, specificationFile } from './example.js';
import { StartedProgram } from './started-program.js';

const NAME = 'four-teachers';
const DIGIT_READER = fileURLToPath(new URL('./digit-reader.js', import.meta.url));

export async function fourTeachers(context: ExampleContext): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lyceum-four-'));
  const programs: StartedProgram[] = [];
  try {
    await context.coordinator('datasets', 'push', 'digits', 'digits');
    for (const teacher of ['conv', 'wide', 'lenet']) {
      await finish(context, specificationFile(NAME, `teacher-${teacher}`));
    }
    await pushTeachers(context, folder);
    const server = await startServer(context, folder);
    programs.push(server);
    const box = await startBox(context, folder);
    programs.push(box);

    const url = `grpc://${server.ready['inference']}`;
    const student = specificationFile(NAME, 'student');
    await finish(context, student, '--set', `spec.teachers[2].inference.url=${url}`);
    const table = await accessTable(context.client, columns(url));
    printLines([
      await context.coordinator('report', NAME),
      'Which terms take which teachers, each pair submitted without being run; white, gray and black are the',
      'TensorFlow.js model with that access:',
      '',
      ...table.lines,
      '',
      'Refusals say:',
      ...table.examples.map((line) => `  ${line}`),
    ]);
  } finally {
    for (const program of programs) await program.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Pushes the first teacher as a TensorFlow.js model, the second as an ONNX file. */
async function pushTeachers({ coordinator }: ExampleContext, folder: string): Promise<void> {
  const [tfjs, onnx] = [path.join(folder, 'tfjs'), path.join(folder, 'onnx')];
  await coordinator('pull', 'four-conv', '--out', tfjs);
  await coordinator('models', 'push', 'four-tfjs', tfjs);
  await coordinator('pull', 'four-wide', '--out', onnx, '--format', 'onnx');
  await coordinator('models', 'push', 'four-onnx', path.join(onnx, 'model.onnx'));
}

/** Starts a teacher worker without a cluster: it serves as an inference server. */
async function startServer(
  { coordinator }: ExampleContext,
  folder: string,
): Promise<StartedProgram> {
  const model = path.join(folder, 'lenet');
  await coordinator('pull', 'four-lenet', '--out', model);
  const flags = ['--inference', '127.0.0.1:0', '--compute-threads', '1', '--log-level', 'warn'];
  return StartedProgram.start(programFile('teacher-worker'), [...flags, 'serve', `lenet=${model}`]);
}

/** Starts the black box, and pushes its endpoint with the port that the box listens on. */
async function startBox({ coordinator }: ExampleContext, folder: string): Promise<StartedProgram> {
  const box = await StartedProgram.start(DIGIT_READER, []);
  const file = path.join(folder, 'box.yaml');
  const template = await readFile(specificationFile(NAME, 'box'), 'utf8');
  await writeFile(file, template.replace('127.0.0.1:8080', `127.0.0.1:${box.ready['port']}`));
  await coordinator('models', 'push', 'four-box', file);
  return box;
}

function columns(url: string): Column[] {
  const tfjs = { name: 'tfjs', model: 'four-tfjs' };
  const inference = { url, model: 'lenet', revision: '1' };
  return [
    { title: 'white', teacher: tfjs, gives: ['features', 'logits', 'votes'] },
    { title: 'gray', teacher: { ...tfjs, access: 'gray' }, gives: ['logits', 'votes'] },
    { title: 'black', teacher: { ...tfjs, access: 'black' }, gives: ['votes'] },
    { title: 'onnx', teacher: { name: 'onnx', model: 'four-onnx' }, gives: ['logits', 'votes'] },
    { title: 'served', teacher: { name: 'served', inference }, gives: ['logits', 'votes'] },
    {
      title: 'box',
      teacher: { name: 'box', model: 'four-box', access: 'black' },
      gives: ['votes'],
    },
  ];
}
