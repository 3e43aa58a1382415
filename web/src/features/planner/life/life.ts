/** The life of the plan at work: what the server says about it, and the steps that change it. */
import { batch, computed, effect, signal } from '@preact/signals'
import { ask, call, query } from '../../../api/client'
import { planGrids, planId, plans, session, territory } from '../../../api/data'
import { onLayer, onNews } from '../../../api/events'
import { resource } from '../../../api/resource'
import type { components, paths } from '../../../api/schema'
import type { Plan } from '../../../api/types'
import { store } from '../../../map/store'
import type { Lineage } from './lineage'
import type { Person, Step } from './steps'

type Schemas = components['schemas']
export type Comment = Schemas['CommentOut']
export type PlanStep = Schemas['StepOut']
/** Named by its address: two modules of the server call an answer of theirs a check. */
export type Check = paths['/api/v1/plans/{plan_id}/check']['get']['responses'][200]['content']['application/json']
export type CheckProblem = Schemas['CheckProblemOut'] & { place?: [number, number] | string | null; words?: { en: string; zh: string } }
export type Impact = Schemas['ImpactOut']
export type Diff = Schemas['DiffOut']
export type GridDiff = Schemas['GridDiffOut']

const of = (id: string): string => `/api/v1/plans/${id}`

export const comments = resource(async (abort) => {
  const id = planId.peek()
  return id ? (await ask<{ comments: Comment[] }>(`${of(id)}/comments`, { signal: abort })).comments : []
})
export const check = resource(async (abort) => {
  const id = planId.peek()
  return id ? { plan: id, ...(await ask<Check>(`${of(id)}/check`, { signal: abort })) } : null
})
export const impact = resource(async (abort) => {
  const id = planId.peek()
  return id ? ask<Impact>(`${of(id)}/impact`, { signal: abort }) : null
})
export const steps = resource(async (abort) => {
  const id = planId.peek()
  return id ? { plan: id, ...(await ask<{ steps: PlanStep[] }>(`${of(id)}/history`, { signal: abort })) } : null
})
/** The plan at work (new) beside the one it is compared with (old), with the ground that changed its grid. */
export const diff = resource(async (abort) => {
  const [id, other] = [planId.peek(), store.compare.peek()]
  return id && other ? ask<Diff>(`${of(other)}/diff/${id}?geometry=true`, { signal: abort }) : null
})
/** What became of grids in every change of plans of this kind. */
export const lineages = resource(async (abort) => {
  const mine = plans.data.peek()?.find((one) => one.id === planId.peek())
  const followed = (plans.data.peek() ?? []).filter((one) => one.kind === mine?.kind && one.effective_at !== null)
  const rows = await Promise.all(
    followed.map((one) => ask<{ lineage: Lineage[] }>(`${of(one.id)}/lineage`, { signal: abort })),
  )
  return rows.flatMap((one) => one.lineage)
})

/** Who is signed in. */
export const person = computed<Person>(() => {
  const account = session.value?.account
  return { name: account?.name ?? '', roles: account?.roles ?? [], limited: Boolean(account?.area_path) }
})
export const mayComment = computed(() => ['planner', 'reviewer', 'analyst'].some((role) => person.value.roles.includes(role)))

/** The step that is being asked about, if a dialog is open. */
export const asking = signal<Step | null>(null)
export const importing = signal(false)
export const printing = signal(false)
export const publishOpen = signal(false)
/** A place that the check or a comment points at; the map marks it. */
export const mark = signal<{ at: [number, number]; words: string; bad: boolean } | null>(null)
/** Places that an import mends or that have to be mended. */
export const marks = signal<[number, number][]>([])
/** The thread that is open in the panel and bright on the map. */
export const thread = signal<string | null>(null)

const PATHS: Partial<Record<Step, string>> = {
  submit: 'submit', recall: 'recall', approve: 'approve', send_back: 'send-back', withdraw: 'withdraw', retire: 'retire',
}
const REASONED: readonly Step[] = ['send_back', 'withdraw', 'retire']
export const needsReason = (step: Step): boolean => REASONED.includes(step)

/** Fetches again what a step changed. */
export async function refresh(): Promise<void> {
  await Promise.all([plans.load(), planGrids.load(), steps.load(), comments.load()])
}

/** Takes a step of a plan; raises what the server refuses it with. */
export async function take(plan: Plan, step: Step, words: string): Promise<void> {
  const headers = { 'If-Match': `"${plan.revision}"` }
  if (step === 'delete') {
    await ask(of(plan.id), { method: 'DELETE', headers })
    if (store.plan.value === plan.id) store.plan.value = plan.based_on
  } else if (step === 'draft') {
    const made = await ask<{ plan: Plan }>(`${of(plan.id)}/draft`, { method: 'POST', body: { name: words || null } })
    await plans.load()
    store.plan.value = made.plan.id
    return
  } else {
    const path = PATHS[step]
    if (!path) return
    const body = needsReason(step) ? { reason: words } : { note: words }
    await ask(`${of(plan.id)}/${path}`, { method: 'POST', headers, body })
  }
  await refresh()
}

/** Publishes a plan on a basis; the day left out is today. */
export async function publish(plan: Plan, basis: string, day: string): Promise<Plan> {
  const body = { basis, ...(day ? { effective_on: day } : {}) }
  const headers = { 'If-Match': `"${plan.revision}"` }
  const answer = await ask<{ plan: Plan }>(`${of(plan.id)}/publish`, { method: 'POST', headers, body })
  await refresh()
  return answer.plan
}

/** Gives every grid of a plan a head from the roster, near and evenly. */
export async function assignHeads(plan: string): Promise<Schemas['HeadsOut']> {
  const done = await ask<Schemas['HeadsOut']>(`${of(plan)}/heads`, { method: 'POST', body: {} })
  await Promise.all([planGrids.load(), check.load(), impact.load()])
  return done
}

/** Counts the doors of today into a draft; says what that changed. */
export async function countDoors(plan: Plan): Promise<Schemas['RefreshOut']> {
  const headers = { 'If-Match': `"${plan.revision}"` }
  const done = await ask<Schemas['RefreshOut']>(`${of(plan.id)}/refresh-atoms`, { method: 'POST', headers, body: {} })
  await Promise.all([refresh(), check.load()])
  return done
}

export interface NewComment {
  text: string
  grid?: string | null
  point?: [number, number] | null
  reply_to?: string | null
}

/** Pins a remark, or answers one. */
export async function say(plan: string, comment: NewComment): Promise<Comment> {
  const made = await ask<{ comment: Comment }>(`${of(plan)}/comments`, { method: 'POST', body: comment })
  await comments.load()
  return made.comment
}

/** Settles a thread, or opens it again. */
export async function settle(plan: string, comment: Comment, resolved: boolean): Promise<void> {
  const headers = { 'If-Match': `"${comment.revision}"` }
  await call(`${of(plan)}/comments/${comment.id}/${resolved ? 'resolve' : 'reopen'}`, { method: 'POST', headers })
  await comments.load()
}

/** The plan in force on a day. */
export async function planAt(territory: string, kind: string, day: string): Promise<Plan> {
  return (await ask<{ plan: Plan }>(`/api/v1/plans/current${query({ territory, kind, at: day })}`)).plan
}

/** Grids as they were on the day of the address, each with who headed it then. */
export const dated = resource(async (abort) => {
  const [at, where, mine] = [store.at.peek(), territory.peek(), plans.data.peek()?.find((one) => one.id === planId.peek())]
  if (!at || !where || !mine) return null
  const path = `/api/v1/grids${query({ territory: where.id, kind: mine.kind, at })}`
  return (await ask<{ grids: Schemas['DatedGridOut'][] }>(path, { signal: abort })).grids
})

/** Shows the plan of a day; null goes back to now. */
export function showDay(found: Plan | null, at: string | null): void {
  batch(() => {
    store.at.value = at
    store.plan.value = found?.id ?? null
  })
}

const SETTLE_MS = 700

/** Keeps comments, steps and the comparison in step with the plan at work; returns how to stop. */
export function startLife(): () => void {
  let waiting: ReturnType<typeof setTimeout> | undefined
  const later = (): void => {
    clearTimeout(waiting)
    waiting = setTimeout(() => {
      if (check.data.peek()) void check.load()
      if (diff.data.peek()) void diff.load()
    }, SETTLE_MS)
  }
  const stops = [
    effect(() => {
      if (!planId.value) return
      mark.value = null
      thread.value = null
      check.clear()
      impact.clear()
      lineages.clear()
      void comments.load()
    }),
    effect(() => {
      if (store.compare.value && planId.value) void diff.load()
      else diff.clear()
    }),
    effect(() => {
      if (store.at.value && planId.value) void dated.load()
      else dated.clear()
    }),
    onLayer(({ layer }) => void (layer === 'grids' && later())),
    onNews(({ kind, plan }) => {
      if (kind === 'comment') {
        if (plan === planId.peek()) void comments.load()
      } else if (kind === 'plan' || kind === 'area-change') void refresh()
    }),
  ]
  return () => {
    clearTimeout(waiting)
    stops.forEach((stop) => stop())
  }
}
