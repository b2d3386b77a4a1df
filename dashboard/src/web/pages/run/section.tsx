/** A part of a run's page: the question, and what answers it. */
import type { ComponentChildren } from 'preact';

interface Props {
  readonly question: string;
  readonly children: ComponentChildren;
}

export function Section({ question, children }: Props) {
  return (
    <section class="question">
      <h2>{question}</h2>
      {children}
    </section>
  );
}
