/** Carries out the blows of a schedule. Whatever a blow breaks is restored later. */

import { SILENCE_MS, type SimulatedCoordinator, type SimulatedStudent } from './processes/index.js';
import type { Blow, RunRecord, SimulatedProcess, World } from './world/index.js';

/** How long processes are away, ms. */
const AWAY_MS = [0, 50, 2_000];
/** How long processes are stopped, ms: shorter and longer than their peers wait. */
const STOP_MS = [50, 3_000, 35_000];

export function strike(world: World, coordinator: SimulatedCoordinator, blow: Blow): void {
  const { clock, random, queue, answers, trace } = world;
  const awayMs = random.pick(AWAY_MS);
  const worker = random.pick(coordinator.workers);
  const student: SimulatedStudent | undefined = random.pick([...coordinator.students.values()]);
  trace(() => `blow: ${blow}`);
  switch (blow) {
    case 'teacher-dies':
      if (!worker.process.alive) break;
      worker.kill();
      clock.after(awayMs, () => worker.start());
      break;
    case 'teacher-stops':
      stopAwhile(world, worker.process);
      break;
    case 'teacher-leaves':
      worker.losePatience();
      break;
    case 'model-swapped':
      swapModel(world, coordinator);
      break;
    case 'student-dies':
      student?.kill();
      break;
    case 'student-stops':
      if (student !== undefined) stopAwhile(world, student.process);
      break;
    case 'stream-breaks':
      if (student?.process.stopped === false && student.process.life === student.life) {
        student.breakStream();
      }
      break;
    case 'run-held': {
      const run = random.pick(world.runs);
      if (!isUp(coordinator)) break;
      coordinator.hold(run);
      clock.after(random.pick(STOP_MS), () => goOn(world, coordinator, run));
      break;
    }
    case 'coordinator-dies':
      restart(world, coordinator, awayMs);
      break;
    case 'coordinator-stops':
      stopAwhile(world, coordinator.process);
      clock.after(SILENCE_MS, () => {
        if (!coordinator.process.stopped) return;
        for (const each of coordinator.workers) each.process.after(0, () => each.losePatience());
      });
      break;
    case 'queue-away':
      world.queueReachable = false;
      clock.after(random.pick(STOP_MS), () => {
        world.queueReachable = true;
      });
      break;
    case 'queue-lost':
      // The queue is in the memory of its server. The coordinator notices the loss some time after the server is back.
      queue.wipe();
      world.queueReachable = false;
      clock.after(random.pick(STOP_MS), () => {
        world.queueReachable = true;
        coordinator.process.after(random.whole(0, 500), () => coordinator.queueLost());
      });
      break;
    case 'store-wiped':
      // The lease on leadership is lost with the queue, so the coordinator ends and starts again.
      queue.wipe();
      world.kept.quarantines.clear();
      restart(world, coordinator, awayMs);
      break;
    case 'answers-damaged': {
      const share = random.pick([0.05, 1]);
      answers.damage(() => random.chance(share));
      break;
    }
    case 'answers-wiped':
      answers.wipe();
      restart(world, coordinator, awayMs);
      break;
  }
}

/**
 * Another model answers in a teacher's place, behind the server or at one worker. It is removed once it is detected.
 */
function swapModel(
  { settings, swaps, clock, random, trace }: World,
  { workers }: SimulatedCoordinator,
) {
  const teacher = random.whole(0, settings.teacherCount - 1);
  const having = workers.filter(({ teachers }) => teachers.includes(teacher));
  if (swaps.has(teacher) || having.length === 0) return;
  const worker = settings.isShared[teacher] ? undefined : random.pick(having).name;
  trace(() => `another model answers for teacher ${teacher}${worker ? ` at ${worker}` : ''}`);
  swaps.set(teacher, { worker, isToCome: random.chance(0.5) });
  // Sometimes a worker's session ends then: answers that are under way belong to no session.
  if (random.chance(0.3))
    clock.after(random.whole(0, 500), () => random.pick(having).losePatience());
}

/** A user resumes the run, and tries again until the coordinator does it. */
function goOn(world: World, coordinator: SimulatedCoordinator, run: RunRecord): void {
  if (isUp(coordinator) && coordinator.goOn(run)) return;
  world.clock.after(100, () => goOn(world, coordinator, run));
}

function isUp({ process }: SimulatedCoordinator): boolean {
  return process.alive && !process.stopped;
}

function restart({ clock }: World, coordinator: SimulatedCoordinator, awayMs: number): void {
  if (!coordinator.process.alive) return;
  coordinator.kill();
  clock.after(awayMs, () => coordinator.start());
}

function stopAwhile({ clock, random }: World, process: SimulatedProcess): void {
  if (process.stopped || !process.alive) return;
  const { life } = process;
  process.stop();
  clock.after(random.pick(STOP_MS), () => {
    if (process.life === life) process.resume();
  });
}
