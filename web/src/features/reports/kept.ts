/** Reports that the server keeps, and those it writes each month. */
import { signal } from '@preact/signals'
import { ask, call } from '../../api/client'
import { follow } from '../../api/jobs'
import { resource } from '../../api/resource'
import type { components } from '../../api/schema'
import type { Job } from '../../api/types'
import { t } from '../../i18n'
import { day, shortClock } from '../../i18n/format'
import { sentence } from '../../ui/states'
import { toast } from '../../ui/toast'

type Schemas = components['schemas']

export const NAMES = ['coverage', 'cameras', 'facilities'] as const
export const FORMATS = ['html', 'pdf', 'xlsx', 'csv', 'gpkg'] as const
export type Name = (typeof NAMES)[number]
export type Format = (typeof FORMATS)[number]

export type Kept = Schemas['KeptOut']
export type Schedule = Schemas['ScheduleOut']
/** When monthly reports are written: local day and hour, of the month before. */
export const MONTHLY = { day: 1, hour: 6 } as const

export const kept = resource(async (abort) => (await ask<{ reports: Kept[] }>('/api/v1/reports', { signal: abort })).reports)
export const schedules = resource(async (abort) => (await ask<{ schedules: Schedule[] }>('/api/v1/reports/schedules', { signal: abort })).schedules)
export const busy = signal(false)

export const fileOf = (one: Kept): string => `/api/v1/reports/${one.id}/file`

/** A report under its title, and whether its file was there already because nothing changed since. */
export interface Made {
  report: Kept
  already: boolean
}

/** Has a report written under a title; equal inputs give the finished one. Null when it was stopped. */
export async function make(body: { name: Name; title: string; format: Format; lang: string; plan: string | null; run: string | null; area?: string | null }): Promise<Made | null> {
  const { data } = await call<{ job?: Job; report?: Kept }>('/api/v1/reports', { method: 'POST', body })
  let report = data.report ?? null
  if (data.job) {
    const job = await follow(t('reports.writing'), data.job)
    const id = (job.result as { report_id?: string } | null)?.report_id
    await kept.load()
    report = kept.data.peek()?.find((one) => one.id === id) ?? null
    if (job.state === 'cancelled') toast(t('job.stopped'))
  } else await kept.load()
  return report && { report, already: !data.job }
}

/** When a file was written, with its day. */
export const madeOn = (one: Kept): string => `${day(new Date(one.made_at))} ${shortClock(new Date(one.made_at))}`

/** Does something with the server and says what went wrong. */
export async function tried(act: () => Promise<unknown>, said?: string): Promise<boolean> {
  busy.value = true
  try {
    await act()
    if (said) toast(said)
    return true
  } catch (cause) {
    toast(sentence(cause))
    return false
  } finally {
    busy.value = false
  }
}
