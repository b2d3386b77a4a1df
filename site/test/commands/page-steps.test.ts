import { expect, it } from 'vitest';
import { pageSteps } from './page-steps.js';

const PAGE = `
Save this:

\`\`\`yaml
# run.yaml
kind: Training
\`\`\`

\`\`\`html
<!-- web/index.html -->
<p>
\`\`\`

\`\`\`yaml
kind: Distillation      # a piece of a run.yaml
\`\`\`

\`\`\`sh
coordinator up          # stays

# another terminal
for t in a b; do
  echo $t
done
coordinator push \\
  --size 64
\`\`\`

\`\`\`
coordinator printed this
\`\`\`
`;

it('pageSteps reads files by the name in their first line, and commands with their further lines', () => {
  expect(pageSteps(PAGE)).toEqual([
    { kind: 'file', name: 'run.yaml', text: '# run.yaml\nkind: Training\n' },
    { kind: 'file', name: 'web/index.html', text: '<!-- web/index.html -->\n<p>\n' },
    { kind: 'command', text: 'coordinator up          # stays' },
    { kind: 'command', text: 'for t in a b; do\n  echo $t\ndone' },
    { kind: 'command', text: 'coordinator push \\\n  --size 64' },
  ]);
});
