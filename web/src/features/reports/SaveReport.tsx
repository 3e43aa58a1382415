import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { ask } from '../../api/client'
import { planId, territory } from '../../api/data'
import { limited } from '../../api/rights'
import { lang, t } from '../../i18n'
import { day } from '../../i18n/format'
import { openDesk, store } from '../../map/store'
import { Dialog } from '../../ui/Dialog'
import { openDownload } from '../../ui/save'
import { area } from '../coverage/desk'
import { busy, fileOf, FORMATS, madeOn, make, MONTHLY, schedules, tried, type Format, type Made } from './kept'

/** The dialog that saves what is on screen as a named report. */
export const savingReport = signal(false)

/** Where the report came from: written now, or found finished because nothing changed since. */
export function MadeNote({ of: { report, already } }: { of: Made }): JSX.Element {
  return <p class={already ? 'note info' : 'small muted'}>{already ? t('reports.already', { day: madeOn(report) }) : t('reports.madeNow')}</p>
}

function Done({ made }: { made: Made }): JSX.Element {
  const of = made.report
  return (
    <div class="stack">
      <p role="status">{t('reports.savedAs', { title: of.title })}</p>
      <MadeNote of={made} />
      <div class="row wrap">
        <button type="button" class="button primary" onClick={() => openDownload(fileOf(of), `${of.title}.${of.format}`)}>
          {t('reports.download')}
        </button>
        <button
          type="button"
          class="button"
          onClick={() => {
            savingReport.value = false
            openDesk('reports')
          }}
        >
          {t('reports.title')}
        </button>
      </div>
    </div>
  )
}

function Form(): JSX.Element {
  const [title, setTitle] = useState(t('reports.usualTitle', { day: day(new Date()) }))
  const [format, setFormat] = useState<Format>('html')
  const [monthly, setMonthly] = useState(false)
  const [done, setDone] = useState<Made | null>(null)
  const bad = title.trim() === ''
  const save = (): Promise<boolean> =>
    tried(async () => {
      const about = { name: 'coverage' as const, title: title.trim(), format, lang: lang.value, plan: planId.value }
      const report = await make({ ...about, run: store.run.value, area: area.value?.id ?? null })
      if (monthly) {
        await ask('/api/v1/reports/schedules', { method: 'POST', body: { ...about, ...MONTHLY } })
        await schedules.load()
      }
      if (report) setDone(report)
    })
  return (
    <Dialog
      title={t('reports.saveNamed')}
      hint={t('reports.saveHint', { area: area.value?.name || area.value?.code || t('cov.wholeArea', { name: territory.value?.name ?? '' }) })}
      onClose={() => (savingReport.value = false)}
      footer={
        !done && (
          <button type="button" class="button primary" aria-disabled={bad || busy.value} onClick={() => void (!bad && !busy.value && save())}>
            {busy.value ? t('reports.writing') : t('reports.save')}
          </button>
        )
      }
    >
      {done ? (
        <Done made={done} />
      ) : (
        <div class="stack">
          <div class="field">
            <label for="report-title">{t('reports.name')}</label>
            <input id="report-title" class="input" data-autofocus value={title} aria-invalid={bad} onInput={(event) => setTitle(event.currentTarget.value)} />
          </div>
          <div class="field">
            <label for="report-format">{t('reports.format')}</label>
            <select id="report-format" class="input" value={format} onChange={(event) => setFormat(event.currentTarget.value as Format)}>
              {FORMATS.map((one) => (
                <option key={one} value={one}>
                  {t(`reports.format.${one}`)}
                </option>
              ))}
            </select>
          </div>
          {!limited.value && (
            <label class="row">
              <input type="checkbox" checked={monthly} onChange={(event) => setMonthly(event.currentTarget.checked)} />
              {t('reports.monthly')}
            </label>
          )}
        </div>
      )}
    </Dialog>
  )
}

export function SaveReport(): JSX.Element | null {
  return savingReport.value ? <Form /> : null
}
