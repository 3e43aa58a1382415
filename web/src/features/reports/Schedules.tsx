import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { ask } from '../../api/client'
import { limited } from '../../api/rights'
import { t } from '../../i18n'
import { day } from '../../i18n/format'
import { AskTwice } from '../../ui/AskTwice'
import { Icon } from '../../ui/Icon'
import { monthWords } from '../coverage/When'
import { schedules, tried, type Schedule } from './kept'
import { localMoment, monthBefore } from './months'

const dayWords = (text: string): string => day(new Date(`${text}T12:00`))
const send = (one: Schedule, method: 'PATCH' | 'DELETE', body?: unknown): Promise<boolean> =>
  tried(async () => ask(`/api/v1/reports/schedules/${one.id}`, { method, ...(body === undefined ? {} : { body }) }).finally(() => schedules.load()))

/** When a report is written next, on the clocks of its territory, and which local month it is about. */
function Next({ one }: { one: Schedule }): JSX.Element {
  if (!one.active || !one.next_at) return <span class="small muted block">{t('reports.paused')}</span>
  const at = localMoment(one.next_at, one.time_zone)
  const [from, until] = monthBefore(one.next_at, one.time_zone)
  return (
    <>
      <span class="small muted block">{t('reports.next', { t: `${dayWords(at.day)} ${at.clock}` })}</span>
      <span class="small muted block">{t('reports.bounds', { from: dayWords(from), until: dayWords(until), zone: one.time_zone })}</span>
    </>
  )
}

function Row({ one }: { one: Schedule }): JSX.Element {
  const title = one.title || t(`reports.of.${one.name}`)
  return (
    <li class="row">
      <Icon name="refresh" />
      <span class="grow">
        <span class="strong block ellipsis">{title}</span>
        <Next one={one} />
        <span class="small muted block">{one.last_at && one.last_month ? t('reports.lastMonth', { month: monthWords(one.last_month) }) : t('reports.neverYet')}</span>
      </span>
      <span class="chip outline">{one.format.toUpperCase()}</span>
      <button type="button" class="button quiet" aria-label={`${t(one.active ? 'reports.pause' : 'reports.resume')}: ${title}`} onClick={() => void send(one, 'PATCH', { active: !one.active })}>
        {t(one.active ? 'reports.pause' : 'reports.resume')}
      </button>
      <AskTwice name={t('reports.unschedule', { title })} usual="button quiet icon-only" act={() => void send(one, 'DELETE')}>
        <Icon name="close" />
      </AskTwice>
    </li>
  )
}

/** Reports that are written by themselves once a month. */
export function Schedules(): JSX.Element | null {
  // they are of the whole territory
  useEffect(() => void (!limited.peek() && schedules.load()), [])
  const all = schedules.data.value
  if (!all || all.length === 0) return null
  return (
    <section class="card report-card" aria-labelledby="report-schedules">
      <h2 id="report-schedules">{t('reports.schedules')}</h2>
      <ul class="lines">
        {all.map((one) => (
          <Row key={one.id} one={one} />
        ))}
      </ul>
    </section>
  )
}
