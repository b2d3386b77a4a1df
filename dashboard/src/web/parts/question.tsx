/** A button that asks before it does something. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import type { Problem } from '../../api/index.js';
import { problemIn } from '../data/resource.js';
import { ProblemBox } from './told.js';

interface Props {
  /** Text of the button: `Cancel`. */
  readonly verb: string;
  /** `Cancel the run digits?` */
  readonly question: string;
  /** The effect of the action. */
  readonly children: ComponentChildren;
  /** Text of the button that changes nothing. */
  readonly no: string;
  readonly onYes: () => Promise<void>;
}

export function Question({ verb, question, children, no, onYes }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const isBusy = useSignal(false);
  const problem = useSignal<Problem | null>(null);
  const close = () => dialog.current?.close();
  /** Moves the focus to the heading, if the action has removed the button. */
  const keepFocus = () => {
    if (button.current?.isConnected !== true) document.querySelector('h1')?.focus();
  };
  const doIt = async () => {
    isBusy.value = true;
    problem.value = null;
    try {
      await onYes();
      close();
      setTimeout(keepFocus);
    } catch (error) {
      problem.value = problemIn(error);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        onClick={() => {
          problem.value = null;
          dialog.current?.showModal();
        }}
      >
        {verb} …
      </button>
      <dialog ref={dialog} aria-labelledby={titleId}>
        <h2 id={titleId}>{question}</h2>
        {children}
        {problem.value !== null && <ProblemBox problem={problem.value} />}
        <div class="buttons">
          <button type="button" onClick={close}>
            {no}
          </button>
          <button type="button" class="strong" disabled={isBusy.value} onClick={() => void doIt()}>
            {verb}
          </button>
        </div>
      </dialog>
    </>
  );
}
