import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { placeOf, Problem } from '../../../api/client'
import { Stopped } from '../../../api/jobs'
import { plans, territory } from '../../../api/data'
import { t, tOr } from '../../../i18n'
import { gridNumber, number } from '../../../i18n/format'
import { store } from '../../../map/store'
import { Icon } from '../../../ui/Icon'
import { JobBar, Progress } from '../../../ui/JobBar'
import { ErrorNote, sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { ImportFields } from './ImportFields'
import { badTolerance, faultsOf, fieldsOf, MOST_BYTES, send, stopUpload, uploading, usualImport, type Change, type ImportReport, type ImportWish } from './importing'
import { importing, mark, marks } from './life'

function changeWords(change: Change): string {
  const who = change.grids.map((grid) => gridNumber(String(grid))).join(', ')
  const given = change.given_to === null || change.given_to === undefined ? '' : ` → ${gridNumber(String(change.given_to))}`
  return t('life.changeWords', { area: number(change.area_m2, change.area_m2 < 10 ? 2 : 0), grids: who || '–' }) + given
}

/** What is or was to be mended, each on the map. */
function Changes({ list, title }: { list: Change[]; title: string }): JSX.Element {
  const go = (change: Change): void => {
    mark.value = { at: change.place, words: `${tOr(`life.fault.${change.kind.replace(/ /g, '-')}`, change.kind)}: ${changeWords(change)}`, bad: change.kind === 'open gap' }
    store.goTo.value = { at: change.place, zoom: 17.5 }
  }
  return (
    <section class="history-part" aria-label={title}>
      <h2>{title}</h2>
      <ul class="checks check-list import-list">
        {list.map((change, k) => (
          <li key={k}>
            <button type="button" class="answer-row" onClick={() => go(change)}>
              <span class="warnish">
                <Icon name="warning" />
              </span>
              <span class="strong nowrap">{tOr(`life.fault.${change.kind.replace(/ /g, '-')}`, change.kind)}</span>
              <span class="grow small second check-words">{changeWords(change)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Report({ report }: { report: ImportReport }): JSX.Element {
  const changes = report.changes as unknown as Change[]
  const outside = report.outside.households ?? 0
  return (
    <div data-testid="import-report">
      <dl class="facts pad">
        <dt>{t('grid.grids')}</dt>
        <dd>{number(report.grids)}</dd>
        <dt>{t('grid.households')}</dt>
        <dd>{number(report.households)}</dd>
        <dt>{t('life.codesKept')}</dt>
        <dd>{number(report.codes_kept)}</dd>
        <dt>{t('life.codesGiven')}</dt>
        <dd>{number(report.codes_given)}</dd>
        <dt>{t('life.cornersAdded')}</dt>
        <dd>{number(report.corners_added)}</dd>
        <dt>{t('life.outside')}</dt>
        <dd>{number(outside)}</dd>
      </dl>
      {report.warnings.length > 0 && (
        <div class="note warn pad">
          <Icon name="warning" />
          <ul>
            {report.warnings.map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        </div>
      )}
      {changes.length === 0 ? (
        <p class="note ok pad">
          <Icon name="check" />
          {t('life.importExact')}
        </p>
      ) : (
        <Changes list={changes} title={t('life.mended', { n: number(changes.length) })} />
      )}
    </div>
  )
}

/** The file on its way, then the job that reads it. */
function Busy(): JSX.Element {
  const share = uploading.value
  return share === null ? <JobBar kinds={['plan-import']} /> : <Progress title={t('life.sending')} share={share < 1 ? share : null} onStop={stopUpload} />
}

/** Marks the place of a refusal on the map, and goes there. */
function pointAt(cause: unknown): void {
  const at = placeOf(cause)
  if (!at) return
  mark.value = { at, words: sentence(cause), bad: true }
  store.goTo.value = { at, zoom: 15 }
}

/** Brings in grids drawn elsewhere: first a dry run with its report on the map, then as a draft. */
export function ImportPanel(): JSX.Element {
  const wish = useSignal<ImportWish>(usualImport)
  const file = useSignal<File | null>(null)
  const report = useSignal<ImportReport | null>(null)
  const failure = useSignal<unknown>(null)
  const busy = useSignal(false)
  const faults = faultsOf(failure.value)
  const bad = badTolerance(wish.value) || !file.value || file.value.size > MOST_BYTES
  const forget = (): void => {
    report.value = null
    failure.value = null
    marks.value = []
    mark.value = null
  }
  useEffect(() => () => {
    marks.value = []
    mark.value = null
  }, [])
  const run = async (dryRun: boolean): Promise<void> => {
    const chosen = file.value
    if (bad || !chosen || busy.value) return
    forget()
    busy.value = true
    try {
      const answer = await send(t(dryRun ? 'life.importTrying' : 'life.importing', { name: chosen.name }), chosen, fieldsOf(wish.value, territory.value?.id, dryRun))
      report.value = answer
      marks.value = (answer.changes as unknown as Change[]).map((change) => change.place)
      if (!answer.plan_id) return
      await plans.load()
      store.plan.value = answer.plan_id
      importing.value = false
      toast(t('life.imported', { n: number(answer.grids) }))
    } catch (cause) {
      // a panel that was closed meanwhile shows nothing more
      if (cause instanceof Stopped || !importing.value) toast(sentence(cause))
      else failure.value = cause
      marks.value = faultsOf(cause).map((change) => change.place)
      pointAt(cause)
    } finally {
      busy.value = false
    }
  }
  const systemMissing = failure.value instanceof Problem && failure.value.code === 'unknown-crs'
  const needsRepair = failure.value instanceof Problem && failure.value.code === 'grids-need-repair'
  return (
    <form
      class="import-panel"
      aria-label={t('life.import')}
      onSubmit={(event) => {
        event.preventDefault()
        void run(true)
      }}
    >
      <header class="row pad-row">
        <h2 class="grow panel-focus" tabIndex={-1}>
          {t('life.import')}
        </h2>
        <button type="button" class="button quiet icon-only" aria-label={t('common.close')} onClick={() => (importing.value = false)}>
          <Icon name="close" />
        </button>
      </header>
      <div class="import-body" id="table" tabIndex={-1}>
        <ImportFields
          wish={wish.value}
          file={file.value}
          systemMissing={systemMissing}
          set={(part) => {
            wish.value = { ...wish.value, ...part }
            forget()
          }}
          choose={(chosen) => {
            file.value = chosen
            forget()
          }}
        />
        <Busy />
        {failure.value !== null && !systemMissing && (
          <div class="pad stack">
            <ErrorNote error={failure.value} />
            {needsRepair && !wish.value.repair && (
              <button type="button" class="button" onClick={() => (wish.value = { ...wish.value, repair: true })}>
                {t('life.repairIt')}
              </button>
            )}
          </div>
        )}
        {faults.length > 0 && <Changes list={faults} title={t('life.faults', { n: number(faults.length) })} />}
        {report.value && <Report report={report.value} />}
      </div>
      <footer class="panel-foot">
        <button type="submit" class={`button ${report.value ? '' : 'primary'}`} aria-disabled={bad || busy.value}>
          {t('life.dryRun')}
        </button>
        <button type="button" class={`button ${report.value ? 'primary' : ''}`} aria-disabled={bad || busy.value || !report.value} onClick={() => report.value && void run(false)}>
          {t('life.importNow')}
        </button>
        {!report.value && <p class="small muted footnote">{t('life.dryFirst')}</p>}
      </footer>
    </form>
  )
}
