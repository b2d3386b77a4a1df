/** The cost of the answers, and of asking again for bad ones, as HTML. */
import { moneyText } from '../asking/index.js';
import type { Repair, TeacherCosts } from '../findings/index.js';
import { count, escaped, small, table } from './html.js';

export function costTable(costs: readonly TeacherCosts[]): string {
  const titles = ['Teacher', '#Answers', '#Tokens in', '#Of these cached', '#Tokens out', '#Cost'];
  const rows = costs.map(({ name, answers, tokens, cost, currency, repairs }) => {
    const about = tokens?.isEstimated === true ? '≈ ' : '';
    const tokenCells =
      tokens === undefined
        ? ['–', '–', '–']
        : [tokens.input, tokens.cached, tokens.output].map((own) => `${about}${count(own)}`);
    return [
      escaped(name),
      count(answers),
      ...tokenCells,
      cost === undefined ? 'no price' : escaped(`${about}${moneyText(cost)} ${currency}`),
      repairs.map((own) => repair(own, currency)).join('<br>'),
    ];
  });
  const note =
    'Of all lines of answers.jsonl, those that were asked again included. To ask again is an estimate, as <code>collect --again REASON --dry-run</code> makes it.';
  return table([...titles, 'To ask again'], rows) + small(note);
}

function repair({ reason, answers, inputs, calls, cost }: Repair, currency: string): string {
  const price = cost === undefined ? '' : `, ≈ ${moneyText(cost)} ${currency}`;
  return escaped(
    `${reason}: ${count(answers)} answers to ${count(inputs)} inputs, ${count(calls)} calls${price}`,
  );
}
