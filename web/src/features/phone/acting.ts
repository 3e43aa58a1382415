/** A step on a case, from what the form asks to the entry of the queue. Pure. */
import type { CaseAnswer, Choice } from './cases'
import type { Entry, Photo, Stage } from './queue/entry'

/** A step that somebody is about to take: an action of the case, or of a task of it. */
export interface Step {
  action: string
  task: string | null
  /** Fields that must be filled, and those that may be. */
  needs: string[]
  may: string[]
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
export const OUTCOMES = ['confirmed', 'changed', 'not_found'] as const

export const noAnswers = (): Answers => ({ text: '', review_date: '', outcome: OUTCOMES[0], worker: '', place: null, photos: [] })

/** The step of a choice of the server. */
export const stepOf = (choice: Choice): Step => ({ action: choice.action, task: null, needs: choice.needs, may: choice.may })

/** Stages of photos that a step needs. */
export function stagesOf(step: Step): Stage[] {
  const stages: [string, Stage][] = [['photo_before', 'before'], ['photo_after', 'after'], ['photo', 'after']]
  return stages.flatMap(([need, stage]) => (step.needs.includes(need) ? [stage] : []))
}

const asks = (step: Step, field: string): boolean => step.needs.includes(field) || step.may.includes(field)
export const needsReason = (step: Step): boolean => step.needs.includes('reason')
/** Whether the form asks for words: a reason where one is needed, else what was done or seen. */
export const asksWords = (step: Step): boolean => needsReason(step) || asks(step, 'text')
export const asksWorker = (step: Step): boolean => asks(step, 'worker')
export const asksPlace = (step: Step): boolean => asks(step, 'lon')

export type StepLack = 'reason' | 'review_date' | Stage

/** What still lacks before a step can be taken. */
export function stepLacks(step: Step, answers: Answers): StepLack[] {
  const lacks: StepLack[] = stagesOf(step).filter((stage) => !answers.photos.some((photo) => photo.stage === stage))
  if (needsReason(step) && !answers.text.trim()) lacks.push('reason')
  if (step.needs.includes('review_date') && !answers.review_date) lacks.push('review_date')
  return lacks
}

/** What the server is sent with a step. */
export function bodyOf(step: Step, answers: Answers): Record<string, unknown> {
  const { text, review_date, outcome, worker, place } = answers
  const words = text.trim()
  return {
    ...(words ? { [needsReason(step) ? 'reason' : 'text']: words } : {}),
    ...(step.needs.includes('review_date') ? { review_date } : {}),
    ...(step.needs.includes('outcome') ? { outcome } : {}),
    ...(asksWorker(step) && worker.trim() ? { worker: worker.trim() } : {}),
    ...(asksPlace(step) && place ? place : {}),
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
