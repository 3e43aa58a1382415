import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../api/client'
import { planId } from '../../api/data'
import { limited } from '../../api/rights'
import { lang, t } from '../../i18n'
import { bytes, day, moment } from '../../i18n/format'
import { AskTwice } from '../../ui/AskTwice'
import { NumberField } from '../../ui/fields'
import { Icon } from '../../ui/Icon'
import { openDownload } from '../../ui/save'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { monthWords } from '../coverage/When'
import { busy, fileOf, FORMATS, kept, make, MONTHLY, NAMES, schedules, tried, type Format, type Kept, type Made, type Name } from './kept'
import { MadeNote } from './SaveReport'

/** Has a report of any kind written. */
export function MakeReport(): JSX.Element {
  const [name, setName] = useState<Name>('coverage')
  const [format, setFormat] = useState<Format>('pdf')
  const [title, setTitle] = useState('')
  const [when, setWhen] = useState<{ day: number; hour: number }>(MONTHLY)
  const [made, setMade] = useState<Made | null>(null)
  const write = (monthly: boolean): Promise<boolean> =>
    tried(
      async () => {
        const about = { name, format, title: title.trim() || `${t(`reports.of.${name}`)} ${day(new Date())}`, lang: lang.value, plan: planId.value }
        if (monthly) {
          await ask('/api/v1/reports/schedules', { method: 'POST', body: { ...about, ...when } })
          await schedules.load()
        } else setMade(await make({ ...about, run: null }))
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
      {!limited.value && (
        <details class="small">
          <summary>{t('reports.monthlyWhen')}</summary>
          <div class="row fields pad-small">
            <NumberField whole id="make-day" label={t('reports.dayOf')} value={when.day} low={1} high={28} put={(day) => setWhen({ ...when, day })} />
            <NumberField whole id="make-hour" label={t('reports.hourOf')} value={when.hour} low={0} high={23} put={(hour) => setWhen({ ...when, hour })} />
          </div>
        </details>
      )}
      <div class="row wrap">
        <button type="button" class="button primary" aria-disabled={busy.value} onClick={() => void (!busy.value && write(false))}>
          {busy.value ? t('reports.writing') : t('reports.write')}
        </button>
        {!limited.value && (
          <button type="button" class="button" aria-disabled={busy.value} onClick={() => void (!busy.value && write(true))}>
            {t('reports.everyMonth')}
          </button>
        )}
      </div>
      {made && <MadeNote of={made} />}
    </section>
  )
}

/** Another title for a report. */
function Rename({ of, done }: { of: Kept; done: () => void }): JSX.Element {
  const [text, setText] = useState(of.title)
  const bad = text.trim() === ''
  const save = (): Promise<boolean> =>
    tried(async () => ask(`/api/v1/reports/${of.id}`, { method: 'PATCH', body: { title: text.trim() } }).finally(() => kept.load()), t('reports.renamed', { title: text.trim() }))
  return (
    <form
      class="row pad-small"
      onSubmit={(event) => {
        event.preventDefault()
        if (!bad) void save().then((saved) => saved && done())
      }}
    >
      <label class="grow">
        <span class="visually-hidden">{t('reports.name')}</span>
        <input class="input" maxLength={200} value={text} aria-invalid={bad} ref={(box) => box?.focus()} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button" aria-disabled={bad}>
        {t('place.nameOnly')}
      </button>
    </form>
  )
}

function Row({ one }: { one: Kept }): JSX.Element {
  const [naming, setNaming] = useState(false)
  const title = one.title || t(`reports.of.${one.name}`)
  return (
    <li>
    <div class="row">
      <button type="button" class="answer-row" onClick={() => openDownload(fileOf(one), `${one.title || one.name}.${one.format}`)}>
        <Icon name="download" />
        <span class="grow">
          <span class="strong block ellipsis">{title}</span>
          <span class="small muted block">{[moment(one.at), one.month && t('reports.month', { month: monthWords(one.month) })].filter(Boolean).join(' · ')}</span>
        </span>
        <span class="chip outline">{one.format.toUpperCase()}</span>
        <span class="small muted nowrap">{bytes(one.bytes)}</span>
      </button>
      <button type="button" class="button quiet icon-only" aria-label={t('reports.rename', { title })} aria-expanded={naming} onClick={() => setNaming(!naming)}>
        <Icon name="edit" />
      </button>
      <AskTwice name={t('reports.delete', { title })} usual="button quiet icon-only" act={() => void tried(async () => ask(`/api/v1/reports/${one.id}`, { method: 'DELETE' }).finally(() => kept.load()))}>
        <Icon name="close" />
      </AskTwice>
    </div>
    {naming && <Rename of={one} done={() => setNaming(false)} />}
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
