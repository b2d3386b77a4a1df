/** The place of each page on the site: groups of pages, in the order in which the site shows them. Pure. */

interface NavigationPage {
  readonly title: string;
  /** Path in the checkout. */
  readonly path: string;
}

export interface NavigationGroup {
  readonly title: string;
  readonly pages: readonly NavigationPage[];
}

const page = (title: string, path: string): NavigationPage => ({ title, path });

export const NAVIGATION: readonly NavigationGroup[] = [
  {
    title: 'Start',
    pages: [
      page('What it is', 'README.md'),
      page('Quick start', 'docs/quick-start.md'),
      page('Tutorial: photos to a web page', 'docs/tutorial.md'),
      page('Distillation in pictures', 'docs/ideas.md'),
      page('Commands used most', 'docs/commands.md'),
    ],
  },
  {
    title: 'How to',
    pages: [
      page('Use a folder of photos', 'docs/how-to/photos.md'),
      page('Use an ONNX model as a teacher', 'docs/how-to/onnx-teacher.md'),
      page('Use a model behind Triton or KServe', 'docs/how-to/model-server.md'),
      page('Use an API as a teacher', 'docs/how-to/black-box.md'),
      page('Learn from few labels', 'docs/how-to/partly-labelled.md'),
      page('Choose an ensemble rule', 'docs/how-to/ensemble-rule.md'),
      page('Try several settings', 'docs/how-to/sweep.md'),
      page('Read a report', 'docs/how-to/read-a-report.md'),
      page('Deploy on Kubernetes', 'docs/how-to/kubernetes.md'),
      page('A run is paused', 'docs/how-to/paused-run.md'),
    ],
  },
  {
    title: 'Guides',
    pages: [
      page('Teachers: models and files', 'docs/models.md'),
      page('Teachers behind servers and APIs', 'docs/remote-teachers.md'),
      page('Black boxes, imitated', 'docs/imitation.md'),
      page('Texts and tables', 'docs/text-and-tables.md'),
      page('Sets beyond memory', 'docs/sets.md'),
      page('Several modalities', 'docs/cross-modal.md'),
      page('Students elsewhere', 'docs/students-elsewhere.md'),
      page('Python', 'clients/python/README.md'),
      page('Terms and rules of your own', 'docs/own-methods.md'),
      page('Dashboard', 'docs/dashboard.md'),
      page('Reports', 'docs/reports.md'),
    ],
  },
  {
    title: 'Explanations',
    pages: [
      page('How it works', 'ARCHITECTURE.md'),
      page('What holds when things fail', 'docs/reliability.md'),
      page('Decisions', 'docs/decisions/README.md'),
    ],
  },
  {
    title: 'Operations',
    pages: [
      page('Kubernetes', 'docs/kubernetes.md'),
      page('GPUs', 'docs/gpus.md'),
      page('Security', 'docs/security.md'),
      page('Performance', 'docs/performance.md'),
      page('Measurements', 'bench/README.md'),
      page('Recorded results', 'bench/results/README.md'),
    ],
  },
  {
    title: 'Reference',
    pages: [
      page('coordinator', 'site/reference/coordinator.md'),
      page('Workers', 'site/reference/workers.md'),
      page('Run: Distillation', 'site/reference/run-distillation.md'),
      page('Run: Training', 'site/reference/run-training.md'),
      page('Imitation', 'site/reference/imitation.md'),
      page('Endpoint', 'site/reference/endpoint.md'),
      page('Report', 'site/reference/report.md'),
      page('Metrics', 'site/reference/metrics.md'),
      page('Protocol', 'site/reference/protocol.md'),
    ],
  },
  {
    title: 'Examples',
    pages: [page('Runs and results', 'examples/README.md')],
  },
  {
    title: 'Project',
    pages: [
      page('Contributing', 'CONTRIBUTING.md'),
      page('Dependencies', 'docs/dependencies.md'),
      page('Changelog', 'CHANGELOG.md'),
    ],
  },
];

/** @returns the page's address on the site. A folder's README has the folder's address. */
export function addressOf(path: string): string {
  return `/${path.replace(/README\.md$/, '').replace(/\.md$/, '')}`;
}
