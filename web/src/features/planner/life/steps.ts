/** What may be done with a plan now, by its state and by who asks. Pure. */
import type { Plan } from '../../../api/types'

export type Step = 'submit' | 'approve' | 'publish' | 'send_back' | 'recall' | 'withdraw' | 'retire' | 'draft' | 'delete'

export interface Person {
  name: string
  roles: readonly string[]
  /** Acts in some areas only: it edits grids there, and takes no step of a whole plan. */
  limited?: boolean
}

/** Why a step is not open to somebody: the role is missing, it takes a second person, or it concerns the whole territory. */
export type Bar = 'planner' | 'reviewer' | 'second' | 'area'

export interface Offer {
  step: Step
  bar: Bar | null
}

const PLANNERS: readonly Step[] = ['submit', 'recall', 'draft', 'delete']
/** Steps that a second person takes. */
const SECOND: readonly Step[] = ['approve', 'send_back', 'publish', 'retire']

const STEPS: Record<Plan['status'], readonly Step[]> = {
  draft: ['submit', 'publish', 'draft', 'delete'],
  review: ['approve', 'publish', 'send_back', 'recall', 'draft'],
  scheduled: ['withdraw', 'draft'],
  published: ['draft', 'retire'],
  retired: ['draft'],
}

/** Kinds that are drawn anew, never copied. */
const NEVER_COPIED = ['water']

export const isAuthor = (plan: Pick<Plan, 'author'>, who: Person): boolean => plan.author !== null && plan.author === who.name

function barOf(step: Step, plan: Pick<Plan, 'author'>, who: Person): Bar | null {
  const planner = who.roles.includes('planner')
  if (who.limited) return 'area'
  if (PLANNERS.includes(step)) return planner ? null : 'planner'
  if (!planner && !who.roles.includes('reviewer')) return 'reviewer'
  return SECOND.includes(step) && isAuthor(plan, who) ? 'second' : null
}

/** The steps that a plan's state knows, each with what bars this person from it. */
export function offers(plan: Pick<Plan, 'status' | 'author' | 'kind' | 'approved_at'>, who: Person): Offer[] {
  return STEPS[plan.status]
    .filter((step) => !(step === 'draft' && NEVER_COPIED.includes(plan.kind)))
    .filter((step) => !(step === 'approve' && plan.approved_at))
    .map((step) => ({ step, bar: barOf(step, plan, who) }))
}

/** Steps that a small screen is wide enough for: those of whoever looks a plan over. */
const ON_SMALL: readonly Step[] = ['approve', 'publish', 'send_back']
export const fitsSmall = (step: Step, plan: Pick<Plan, 'status'>): boolean => plan.status === 'review' && ON_SMALL.includes(step)

/** The one step that the header offers as its primary action; null where nothing is to be done. */
export function primaryStep(plan: Pick<Plan, 'status' | 'author' | 'kind' | 'approved_at'>, who: Person): Step | null {
  const open = offers(plan, who).filter((offer) => offer.bar === null)
  const wanted: readonly Step[] = plan.status === 'draft' ? ['submit'] : plan.status === 'review' ? ['approve', 'publish'] : []
  return wanted.find((step) => open.some((offer) => offer.step === step)) ?? null
}

/** The plan that waits to follow another: of its kind and territory, and of a day to come. */
export function followerOf(plan: Plan, all: readonly Plan[]): Plan | undefined {
  if (plan.status !== 'published') return undefined
  return all.find((one) => one.status === 'scheduled' && one.kind === plan.kind && one.territory_id === plan.territory_id)
}

const REVIEWED: readonly string[] = ['submit', 'recall', 'send_back']

/** The step by which a plan was sent back, while nobody sent it for review again. */
export function sentBackBy<T extends { action: string }>(steps: readonly T[]): T | null {
  const last = steps.filter((step) => REVIEWED.includes(step.action)).at(-1)
  return last?.action === 'send_back' ? last : null
}
