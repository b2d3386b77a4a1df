/** The table of teachers, with a sentence about the one to look at first. */
import type { TeacherFacts } from '../../../api/index.js';
import { TeachersTable } from '../../../components/index.js';
import { worstTeacher } from './words.js';

export function Teachers({ teachers }: { readonly teachers: readonly TeacherFacts[] }) {
  const worst = worstTeacher(teachers);
  return (
    <>
      <p class={worst.name === null ? 'answer' : 'answer warn'}>{worst.sentence}</p>
      <TeachersTable teachers={teachers} {...(worst.name === null ? {} : { worst: worst.name })} />
    </>
  );
}
