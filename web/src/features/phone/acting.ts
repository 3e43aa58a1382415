/** A step on a case, from what the form asks to the entry of the queue. Pure. */
import type { CaseAnswer, Choice } from './cases'
import type { Entry, Photo, Stage } from './queue/entry'

/** A step that somebody is about to take: an action of the case, or of a task of it. */
export interface Step {
  action: string
  task: string | null
  needs: string[]
}

export interface Answers {
  text: string
  review_date: string
  outcome: string
  worker: string
  place: { lon: number; lat: number } | null
  photos: Photo[]
}

/** What a report can turn out to be when an inspector goes there. */
export const OUTCOMES = ['confirmed', 'not_found', 'not_ours'] as const

export const noAnswers = (): Answers => ({ text: '', review_date: '', outcome: OUTCOMES[0], worker: '', place: null, photos: [] })

/** The step of a choice of the server. */
export const stepOf = (choice: Choice): Step => ({ action: choice.action, task: null, needs: choice.needs })

/** Stages of photos that a step needs. */
export function stagesOf(step: Step): Stage[] {
  const stages: [string, Stage][] = [['photo before', 'before'], ['photo after', 'after'], ['photo', 'after']]
  return stages.flatMap(([need, stage]) => (step.needs.includes(need) ? [stage] : []))
}

/** Whether the form asks for words: a reason where one is needed, else what was done or seen. */
export const asksWords = (step: Step): boolean => step.action !== 'sign' && step.action !== 'resume' && step.action !== 'report_in'
export const needsReason = (step: Step): boolean => step.needs.includes('reason')

export type StepLack = 'reason' | 'review_date' | 'place' | Stage

/** What still lacks before a step can be taken. */
export function stepLacks(step: Step, answers: Answers): StepLack[] {
  const lacks: StepLack[] = stagesOf(step).filter((stage) => !answers.photos.some((photo) => photo.stage === stage))
  if (needsReason(step) && !answers.text.trim()) lacks.push('reason')
  if (step.needs.includes('review date') && !answers.review_date) lacks.push('review_date')
  if (step.needs.includes('place') && !answers.place) lacks.push('place')
  return lacks
}

/** Keys of reasons that the phone gives; the words beside say more. */
const REASONS: Record<string, string> = {
  request_return: 'wrong-unit',
  request_suspension: 'conditions',
  request_extension: 'needs-time',
  fail_check: 'not-done',
  fail_check_self_handled: 'not-done',
  escalate: 'needs-help',
}

/** What the server is sent with a step. */
export function bodyOf(step: Step, answers: Answers): Record<string, unknown> {
  const { text, review_date, outcome, worker, place } = answers
  return {
    ...(needsReason(step) ? { reason: REASONS[step.action] ?? 'other' } : {}),
    ...(text.trim() ? { text: text.trim() } : {}),
    ...(step.needs.includes('review date') ? { review_date } : {}),
    ...(step.needs.includes('outcome') ? { outcome } : {}),
    ...(step.needs.includes('worker') && worker.trim() ? { worker: worker.trim() } : {}),
    ...(step.needs.includes('place') && place ? place : {}),
  }
}

/** The entry of the queue that a step becomes. */
export function entryOfStep(step: Step, answers: Answers, on: CaseAnswer, who: { id: string; name: string }, now: number, key: string, where: string): Entry {
  const { no, item, revision, state } = on.incident
  return {
    key,
    account: who.id,
    account_name: who.name,
    made_at: now,
    title: item,
    place: where,
    photos: answers.photos,
    report: null,
    act: { action: step.action, task: step.task, body: bodyOf(step, answers), revision, state },
    no,
    state: 'waiting',
    tries: 0,
    due_at: 0,
    problem: null,
    sent_at: null,
  }
}
