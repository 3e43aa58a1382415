import type { JSX } from 'preact'
import { query } from '../../api/client'
import { coverage, planGrids, planId, plans } from '../../api/data'
import { lang, t } from '../../i18n'
import { distance, moment, number, share } from '../../i18n/format'
import { openDesk, store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { openDownload } from '../../ui/save'
import { ErrorNote, Skeleton } from '../../ui/states'
import { toast } from '../../ui/toast'
import { StatusChip } from '../planner/life/StatusChip'
import { StatusBar } from '../shell/StatusBar'
import { JobBar } from '../../ui/JobBar'
import { KeptReports, MakeReport } from './KeptReports'
import { Schedules } from './Schedules'

function download(plan: string): void {
  openDownload(`/api/v1/reports/coverage${query({ format: 'html', plan, lang: lang.value })}`, 'gridward-coverage.html')
  toast(t('export.started'))
}

function CoverageFile(): JSX.Element {
  const report = coverage.data.value
  const id = planId.value
  return (
    <section class="card report-card" aria-labelledby="report-coverage">
      <div class="row">
        <Icon name="report" />
        <h2 class="grow" id="report-coverage">
          {t('reports.coverage')}
        </h2>
        <span class="chip outline">HTML</span>
      </div>
      <p class="second">{t('reports.coverageHint')}</p>
      {report && (
        <dl class="facts">
          <dt>{t('coverage.asOf')}</dt>
          <dd>{moment(report.run.at)}</dd>
          <dt>{t('grid.grids')}</dt>
          <dd>{number(report.grids.length)}</dd>
          <dt>{t('coverage.streets')}</dt>
          <dd>
            {share(report.summary.seen_m, report.summary.streets_m)} % ({distance(report.summary.seen_m)})
          </dd>
          <dt>{t('coverage.upper')}</dt>
          <dd>≤ {share(report.summary.seen_m_upper, report.summary.streets_m)} %</dd>
          <dt>{t('coverage.places')}</dt>
          <dd>{t('coverage.of', { a: number(report.summary.key_places_seen), b: number(report.summary.key_places) })}</dd>
          <dt>{t('coverage.online')}</dt>
          <dd>{t('coverage.of', { a: number(report.summary.cameras_online), b: number(report.summary.cameras) })}</dd>
        </dl>
      )}
      {!report && coverage.loading.value && <Skeleton rows={4} />}
      {!report && !coverage.loading.value && <p class="note info">{t('reports.noCoverage')}</p>}
      <div class="row">
        <button type="button" class="button primary panel-focus" aria-disabled={!report || !id} onClick={() => report && id && download(id)}>
          <Icon name="download" />
          {t('reports.download')}
        </button>
        <button type="button" class="button" onClick={() => openDesk('coverage')}>
          {t('desk.coverage')}
        </button>
      </div>
    </section>
  )
}

/** Files to hand over, and the plans that they can be made for. */
export function ReportsDesk(): JSX.Element {
  const list = plans.data.value
  return (
    <>
      <div class="deskbar">
        <h1>{t('reports.title')}</h1>
      </div>
      <div class="work reports" id="panel" tabIndex={-1}>
        <div class="reports-page">
          <div class="stack wide-gap">
            <JobBar />
            <CoverageFile />
            <MakeReport />
            <Schedules />
          </div>
          <div class="stack wide-gap">
          <KeptReports />
          <section class="card report-card" aria-labelledby="report-plans">
            <h2 id="report-plans">{t('reports.plans')}</h2>
            {plans.error.value && <ErrorNote error={plans.error.value} retry={() => void plans.load()} />}
            {!list && !plans.error.value && <Skeleton rows={4} />}
            <ul class="plan-list">
              {(list ?? []).map((one) => (
                <li key={one.id}>
                  <button type="button" class="answer-row" aria-current={one.id === planId.value} onClick={() => (store.plan.value = one.id)}>
                    <span class="grow">
                      <span class="strong">{one.name}</span>
                      <span class="small muted block">{t('reports.created', { t: moment(one.created_at) })}</span>
                    </span>
                    <span class="small second nowrap">
                      {t('reports.grids', { n: number(one.id === planId.value ? (planGrids.data.value?.grids.length ?? one.grids) : one.grids) })}
                    </span>
                    <StatusChip status={one.status} />
                  </button>
                </li>
              ))}
            </ul>
          </section>
          </div>
        </div>
      </div>
      <StatusBar />
    </>
  )
}
