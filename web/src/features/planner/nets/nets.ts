import { signal } from '@preact/signals'
import { ask, NoAnswer, Problem } from '../../../api/client'
import { plans, territory } from '../../../api/data'
import { resultOf } from '../../../api/jobs'
import type { components } from '../../../api/schema'
import type { Job, Plan, ProblemBody } from '../../../api/types'
import { t } from '../../../i18n'
import { store } from '../../../map/store'
import { toast } from '../../../ui/toast'
import { formOf, type NetWish } from './wish'

export type GridNet = components['schemas']['GridNetOut']
export type Share = components['schemas']['NetShareOut']
/** True while the dialog for new nets is open. */
export const netting = signal(false)

async function upload(wish: NetWish): Promise<string | null> {
  let response: Response
  try {
    response = await fetch('/api/v1/plans/files', { method: 'POST', body: formOf(wish, territory.value?.id), credentials: 'same-origin' })
  } catch (cause) {
    throw new NoAnswer({ cause })
  }
  const body: unknown = await response.json()
  if (!response.ok) throw new Problem(body as ProblemBody)
  return (body as { plan: Plan | null }).plan?.id ?? null
}

async function propose(wish: NetWish): Promise<string | null> {
  const body = { territory: territory.value?.id, kind: wish.kind, target: Number(wish.target) }
  const answer = await ask<{ job: Job }>('/api/v1/plans', { method: 'POST', body })
  netting.value = false
  return (await resultOf<{ plan_id?: string } | null>(t('nets.making'), answer.job))?.plan_id ?? null
}

/** Makes a net from the files of a wish, or from what is loaded, and opens it. */
export async function makeNet(wish: NetWish): Promise<void> {
  const made = await (wish.files.length ? upload(wish) : propose(wish))
  netting.value = false
  if (made) {
    const { plan } = await ask<{ plan: Plan }>(`/api/v1/plans/${made}`)
    store.grid.value = null
    store.plan.value = made
    toast(t('nets.made', { name: plan.name }))
  }
  await plans.load()
}
