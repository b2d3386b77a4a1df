/** The commands that `models` and `datasets` share: pushing bytes, `list`, `show`, `delete`. */
import { type Artifact, ArtifactKind, LyceumError } from '@lyceum/proto';
import type { Command } from 'commander';
import { stringify as stringifyYaml } from 'yaml';
import type { ArtifactContent } from '../client/index.js';
import { classCountLines, datasetText, modelText } from '../printing/index.js';
import { ageText, bytesText, type Column, tableLines, timeText } from '../printing/text/index.js';
import { type CommandContext, withCoordinator, withProgress } from '../session/index.js';

type PushedKind =
  | typeof ArtifactKind.ARTIFACT_KIND_MODEL
  | typeof ArtifactKind.ARTIFACT_KIND_DATASET;

export async function pushArtifact(
  context: CommandContext,
  kind: PushedKind,
  name: string,
  content: ArtifactContent,
): Promise<void> {
  const { client, signal } = context;
  const pushed = await withProgress(`pushing ${name}`, bytesText, (onProgress) =>
    client.pushArtifact(kind, name, content, { signal, onProgress }),
  );
  printPushed(context, name, pushed);
}

export function printPushed(
  { print, notice }: CommandContext,
  name: string,
  { artifact, created }: { readonly artifact: Artifact; readonly created: boolean },
): void {
  if (!created) notice(`${name} exists already, with the same content`);
  print(artifactDocument(artifact), () => artifactLines([artifact], Date.now()));
}

export function addArtifactList(parent: Command, kind: PushedKind): void {
  parent
    .command('list')
    .description(`list the pushed ${nounOf(kind)}s`)
    .addHelpText(
      'after',
      `
Examples:
  coordinator ${parent.name()} list
  coordinator ${parent.name()} list -o json`,
    )
    .action((_options: unknown, command: Command) =>
      withCoordinator(command, async ({ client, print }) => {
        const artifacts = await client.listArtifacts(kind);
        print(artifacts.map(artifactDocument), () =>
          artifacts.length === 0
            ? [`No ${nounOf(kind)}s yet. Push one with: coordinator ${parent.name()} push`]
            : artifactLines(artifacts, Date.now()),
        );
      }),
    );
}

export function addArtifactShow(parent: Command, kind: PushedKind): void {
  parent
    .command('show')
    .description(`show all that is known about a ${nounOf(kind)}`)
    .argument('<name>', 'as `list` shows it')
    .addHelpText(
      'after',
      `
Examples:
  coordinator ${parent.name()} show digits
  coordinator ${parent.name()} show digits -o json`,
    )
    .action((name: string, _options: unknown, command: Command) =>
      withCoordinator(command, async ({ client, print }) => {
        const artifact = (await client.listArtifacts(kind)).find((one) => one.name === name);
        if (artifact === undefined) {
          throw new LyceumError('NOT_FOUND', `there is no ${nounOf(kind)} ${name}`);
        }
        const document = artifactDocument(artifact);
        print(document, () => shownLines(document));
      }),
    );
}

export function addArtifactDelete(parent: Command, kind: PushedKind): void {
  parent
    .command('delete')
    .description(`delete a ${nounOf(kind)} that no run under way uses`)
    .argument('<name>', 'as `list` shows it')
    .addHelpText(
      'after',
      `
Examples:
  coordinator ${parent.name()} delete digits`,
    )
    .action((name: string, _options: unknown, command: Command) =>
      withCoordinator(command, async ({ client, notice }) => {
        await client.deleteArtifact(kind, name);
        notice(`deleted ${name}`);
      }),
    );
}

/** Counts by class are printed as a table below the other fields: people cannot read them as lists of numbers. */
function shownLines(document: Record<string, unknown>): string[] {
  const counts = classCountLines(document['description']);
  const shown = JSON.stringify(document, (key, value) => (key === 'byClass' ? undefined : value));
  const lines = stringifyYaml(JSON.parse(shown), { lineWidth: 0 }).trimEnd().split('\n');
  return counts.length === 0 ? lines : [...lines, '', ...counts];
}

function nounOf(kind: PushedKind): string {
  return kind === ArtifactKind.ARTIFACT_KIND_MODEL ? 'model' : 'data set';
}

function artifactDocument({
  descriptionJson,
  pushedAtMs,
  kind: _,
  ...artifact
}: Artifact): Record<string, unknown> {
  return {
    ...artifact,
    pushedAt: timeText(pushedAtMs),
    description: descriptionOf(descriptionJson),
  };
}

function artifactLines(artifacts: readonly Artifact[], nowMs: number): string[] {
  const columns: Column<Artifact>[] = [
    { title: 'NAME', value: (a) => a.name },
    { title: 'SIZE', value: (a) => bytesText(a.sizeBytes), align: 'right' },
    { title: 'AGE', value: (a) => ageText(nowMs - a.pushedAtMs), align: 'right' },
    { title: 'DIGEST', value: (a) => a.digest.slice(0, 12) },
    { title: 'DESCRIPTION', value: descriptionText },
  ];
  return tableLines(columns, artifacts);
}

function descriptionText({ kind, descriptionJson }: Artifact): string | undefined {
  const description = descriptionOf(descriptionJson);
  return kind === ArtifactKind.ARTIFACT_KIND_MODEL
    ? modelText(description)
    : datasetText(description);
}

function descriptionOf(json: string): unknown {
  return json === '' ? {} : JSON.parse(json);
}
