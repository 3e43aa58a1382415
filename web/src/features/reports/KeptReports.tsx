import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../api/client'
import { planId } from '../../api/data'
import { lang, t } from '../../i18n'
import { bytes, day, moment } from '../../i18n/format'
import { Icon } from '../../ui/Icon'
import { openDownload } from '../../ui/save'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { busy, fileOf, FORMATS, kept, make, MONTHLY, NAMES, schedules, tried, type Format, type Kept, type Name } from './kept'

/** Has a report of any kind written. */
export function MakeReport(): JSX.Element {
  const [name, setName] = useState<Name>('coverage')
  const [format, setFormat] = useState<Format>('pdf')
  const [title, setTitle] = useState('')
  const write = (monthly: boolean): Promise<boolean> =>
    tried(
      async () => {
        const about = { name, format, title: title.trim() || `${t(`reports.of.${name}`)} ${day(new Date())}`, lang: lang.value, plan: planId.value }
        if (monthly) {
          await ask('/api/v1/reports/schedules', { method: 'POST', body: { ...about, ...MONTHLY } })
          await schedules.load()
        } else await make({ ...about, run: null })
      },
      t(monthly ? 'reports.scheduled' : 'reports.written'),
    )
  return (
    <section class="card report-card" aria-labelledby="report-make">
      <h2 id="report-make">{t('reports.make')}</h2>
      <div class="row fields">
        <div class="field grow">
          <label for="make-name">{t('reports.about')}</label>
          <select id="make-name" class="input" value={name} onChange={(event) => setName(event.currentTarget.value as Name)}>
            {NAMES.map((one) => (
              <option key={one} value={one}>
                {t(`reports.of.${one}`)}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="make-format">{t('reports.format')}</label>
          <select id="make-format" class="input" value={format} onChange={(event) => setFormat(event.currentTarget.value as Format)}>
            {FORMATS.map((one) => (
              <option key={one} value={one}>
                {t(`reports.format.${one}`)}
              </option>
            ))}
          </select>
        </div>
      </div>
      <div class="field">
        <label for="make-title">{t('reports.name')}</label>
        <input id="make-title" class="input" placeholder={t(`reports.of.${name}`)} value={title} onInput={(event) => setTitle(event.currentTarget.value)} />
      </div>
      <div class="row wrap">
        <button type="button" class="button primary" aria-disabled={busy.value} onClick={() => void (!busy.value && write(false))}>
          {busy.value ? t('reports.writing') : t('reports.write')}
        </button>
        <button type="button" class="button" aria-disabled={busy.value} onClick={() => void (!busy.value && write(true))}>
          {t('reports.everyMonth')}
        </button>
      </div>
    </section>
  )
}

function Row({ one }: { one: Kept }): JSX.Element {
  return (
    <li class="row">
      <button type="button" class="answer-row" onClick={() => openDownload(fileOf(one), `${one.title || one.name}.${one.format}`)}>
        <Icon name="download" />
        <span class="grow">
          <span class="strong block ellipsis">{one.title || t(`reports.of.${one.name}`)}</span>
          <span class="small muted block">{moment(one.at)}</span>
        </span>
        <span class="chip outline">{one.format.toUpperCase()}</span>
        <span class="small muted nowrap">{bytes(one.bytes)}</span>
      </button>
      <button
        type="button"
        class="button quiet icon-only"
        aria-label={t('reports.delete', { title: one.title || one.name })}
        onClick={() => void tried(async () => ask(`/api/v1/reports/${one.id}`, { method: 'DELETE' }).finally(() => kept.load()))}
      >
        <Icon name="close" />
      </button>
    </li>
  )
}

/** Reports by name, newest first, to be taken away again. */
export function KeptReports(): JSX.Element {
  useEffect(() => void kept.load(), [])
  const all = kept.data.value
  return (
    <section class="card report-card" aria-labelledby="report-kept">
      <h2 id="report-kept">{t('reports.kept')}</h2>
      {kept.error.value && <ErrorNote error={kept.error.value} retry={() => void kept.load()} />}
      {!all && !kept.error.value && <Skeleton rows={3} />}
      {all?.length === 0 && <Empty icon="report" title={t('reports.keptNone')} hint={t('reports.keptNoneHint')} />}
      <ul class="lines">{(all ?? []).map((one) => <Row key={one.id} one={one} />)}</ul>
    </section>
  )
}

/** Reports that are written by themselves once a month. */
export function Schedules(): JSX.Element | null {
  useEffect(() => void schedules.load(), [])
  const all = schedules.data.value
  if (!all || all.length === 0) return null
  return (
    <section class="card report-card" aria-labelledby="report-schedules">
      <h2 id="report-schedules">{t('reports.schedules')}</h2>
      <ul class="lines">
        {all.map((one) => (
          <li key={one.id} class="row">
            <Icon name="refresh" />
            <span class="grow">
              <span class="strong block ellipsis">{one.title || t(`reports.of.${one.name}`)}</span>
              {one.next_at && <span class="small muted block">{t('reports.next', { t: moment(one.next_at) })}</span>}
            </span>
            <span class="chip outline">{one.format.toUpperCase()}</span>
            <button
              type="button"
              class="button quiet icon-only"
              aria-label={t('reports.unschedule', { title: one.title || one.name })}
              onClick={() => void tried(async () => ask(`/api/v1/reports/schedules/${one.id}`, { method: 'DELETE' }).finally(() => schedules.load()))}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
