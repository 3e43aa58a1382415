/** Words about the life of plans that more than one part needs. */
import { plans } from '../../../api/data'
import type { Plan } from '../../../api/types'
import { lang, t, tOr } from '../../../i18n'
import { code, day, gridNumber } from '../../../i18n/format'
import type { CheckProblem } from './life'
import { followerOf, type Bar, type Step } from './steps'

/** A day without its hour, as people write it. */
export function dayOf(text: string | null | undefined): string {
  if (!text) return '–'
  const date = new Date(text.length === 10 ? `${text}T00:00:00` : text)
  return Number.isNaN(date.getTime()) ? text : day(date)
}

export const stepName = (step: Step): string => t(`life.step.${step}`)
export const barWords = (bar: Bar | null): string => (bar ? t(`life.bar.${bar}`) : '')

export const planName = (id: string | null | undefined): string => plans.data.value?.find((one) => one.id === id)?.name ?? ''

/** Where a plan stands in time: in force since, from a day to come, until. */
export function inForce(plan: Plan): string {
  const next = followerOf(plan, plans.data.value ?? [])
  if (next) {
    const days = { day: dayOf(plan.effective_on ?? plan.effective_at), until: dayOf(next.effective_on) }
    return t('life.sinceUntil', { ...days, next: next.name })
  }
  if (plan.status === 'scheduled') return t('life.from', { day: dayOf(plan.effective_on) })
  if (plan.status === 'published') return t('life.since', { day: dayOf(plan.effective_on ?? plan.effective_at) })
  if (plan.status === 'retired') return t('life.span', { from: dayOf(plan.effective_at), to: dayOf(plan.retired_at) })
  return ''
}

/** What is wrong, in the language on screen. */
export function problemWords(problem: CheckProblem): string {
  const words = lang.value === 'en' ? problem.message : problem.words?.zh
  if (words) return words.replace(/\b\d{12,18}\b/g, code)
  const grids = (problem.grids ?? []).map(gridNumber).join('、')
  return `${tOr(`life.fault.${problem.kind}`, problem.kind)}${grids && `（${grids}）`}`
}
