import type { ComponentChildren, JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { call } from '../../api/client'
import { coverage, plan, planId, plans, territory } from '../../api/data'
import { follow } from '../../api/jobs'
import type { CoverageGrid, CoverageReport, Job } from '../../api/types'
import { lang, t } from '../../i18n'
import { distance, moment, number, share } from '../../i18n/format'
import { MapPane } from '../../map/MapPane'
import { listMode, store } from '../../map/store'
import { DataTable, ordered, readOrder, writeOrder, type Order } from '../../ui/DataTable'
import { Icon } from '../../ui/Icon'
import { JobBar } from '../../ui/JobBar'
import { Kpi } from '../../ui/Kpi'
import { Menu } from '../../ui/Menu'
import { Side } from '../../ui/Side'
import { openDownload, saveFile } from '../../ui/save'
import { Empty, ErrorNote, sentence, Skeleton } from '../../ui/states'
import { toast } from '../../ui/toast'
import { AskForm } from '../place/AskForm'
import { CameraCard } from '../place/CameraCard'
import { PlaceCard } from '../place/PlaceCard'
import { StatusBar } from '../shell/StatusBar'
import { PhoneFoot } from '../shell/PhoneFoot'
import { coverageColumns } from './columns'
import { csv, passes, readFilter } from './figures'
import { Reasons } from './Reasons'
import { SeenHistogram } from './SeenHistogram'

const WORST_FIRST: Order = { column: 'unseen', down: true }

async function compute(): Promise<void> {
  try {
    const { data, status } = await call<{ job?: Job; run?: unknown }>('/api/v1/coverage/runs', {
      method: 'POST',
      body: { plan: planId.value },
    })
    if (status === 202 && data.job) {
      const job = await follow(t('coverage.running'), data.job)
      toast(t(job.state === 'cancelled' ? 'job.stopped' : 'coverage.done'))
    }
    await coverage.load()
  } catch (cause) {
    toast(sentence(cause))
  }
}

/** Writes exactly the rows on screen. */
function exportCsv(rows: CoverageGrid[]): void {
  const head = ['code', 'name', 'street_m', 'seen_m', 'seen_m_upper', 'unseen_m', 'k2_m', 'places', 'places_seen', 'places_seen_upper', 'cameras', 'online', 'incidents', 'gap_score', 'reasons']
  const words = (row: CoverageGrid): string => row.reasons.map((one) => (lang.value === 'zh' ? one.text_zh : one.text_en)).join('; ')
  const body = rows.map((row) => [row.code, row.name, row.street_m, row.seen_m, row.seen_m_upper, row.unseen_m, row.k2_m, row.places, row.places_seen, row.places_seen_upper, row.cameras, row.online, row.incidents, row.gap_score, words(row)])
  saveFile('gridward-coverage.csv', csv(head, body), 'text/csv;charset=utf-8')
}

function exportMap(): void {
  openDownload(`/api/v1/reports/coverage?format=html&plan=${planId.value ?? ''}`, 'gridward-coverage.html')
  toast(t('export.started'))
}

/** A choice of the filter bar: its name quiet, its value strong. */
export function Choice(props: { name: string; value: string; children: (close: () => void) => ComponentChildren }): JSX.Element {
  const label = (
    <>
      <span class="muted">{props.name}</span>
      <span class="strong ellipsis">{props.value}</span>
      <Icon name="down" />
    </>
  )
  return (
    <Menu called="text" name={`${props.name}: ${props.value}`} buttonClass="button choice" label={label}>
      {props.children}
    </Menu>
  )
}

function FilterBar({ report, rows }: { report: CoverageReport; rows: CoverageGrid[] }): JSX.Element {
  const show = [
    [null, 'coverage.filterAll'],
    ['gaps', 'coverage.filterGaps'],
    ['places', 'coverage.filterPlaces'],
  ] as const
  const filter = readFilter(store.filter.value)
  const shown = filter?.kind === 'seen' ? t('coverage.filtered', { a: filter.from, b: filter.to }) : t(show.find(([id]) => id === store.filter.value)?.[1] ?? 'coverage.filterAll')
  return (
    <div class="deskbar">
      <h1 class="visually-hidden">{t('desk.coverage')}</h1>
      <Choice name={t('coverage.plan')} value={plan.value?.name ?? '–'}>
        {(close) =>
          (plans.data.value ?? []).map((one) => (
            <button
              key={one.id}
              type="button"
              aria-current={one.id === planId.value}
              onClick={() => {
                store.plan.value = one.id
                close()
              }}
            >
              {one.name}
            </button>
          ))
        }
      </Choice>
      <Choice name={t('coverage.filter')} value={shown}>
        {(close) =>
          show.map(([id, words]) => (
            <button
              key={words}
              type="button"
              aria-current={store.filter.value === id}
              onClick={() => {
                store.filter.value = id
                close()
              }}
            >
              {t(words)}
            </button>
          ))
        }
      </Choice>
      <span class="small muted wide-only">
        {t('coverage.asOf')} {moment(report.run.at)}
      </span>
      <span class="grow" />
      <span class="small muted wide-only nowrap">
        {report.run.seconds !== null && t('coverage.computed', { s: number(report.run.seconds, 1), n: number(report.grids.length) })}
      </span>
      <button type="button" class="button" title={t('coverage.run')} onClick={() => void compute()}>
        <Icon name="refresh" />
        <span class="wide-only">{t('coverage.run')}</span>
      </button>
      <Menu
        called="text"
        name={t('export.export')}
        buttonClass="button primary"
        align="right"
        label={
          <>
            <Icon name="download" />
            {t('export.export')}
            <Icon name="down" />
          </>
        }
      >
        {(close) => (
          <>
            <button type="button" onClick={() => (exportMap(), close())}>
              <span class="export-name strong">{t('export.map')}</span>
              <span class="small muted">{t('export.mapHint')}</span>
            </button>
            <button type="button" onClick={() => (exportCsv(rows), close())}>
              <span class="export-name strong">{t('export.csv')}</span>
              <span class="small muted">{t('export.csvHint')}</span>
            </button>
          </>
        )}
      </Menu>
    </div>
  )
}

function Figures({ report }: { report: CoverageReport }): JSX.Element {
  const s = report.summary
  return (
    <dl class="kpis">
      <Kpi
        name={t('coverage.streets')}
        value={`${share(s.seen_m, s.streets_m)} %`}
        note={t('coverage.streetNote', { seen: distance(s.seen_m), all: distance(s.streets_m) })}
      />
      <Kpi
        name={t('coverage.upper')}
        value={`≤ ${share(s.seen_m_upper, s.streets_m)} %`}
        note={t('coverage.unknownNote', { n: number(s.cameras_unknown_heading) })}
      />
      <Kpi
        name={t('coverage.places')}
        value={t('coverage.of', { a: number(s.key_places_seen), b: number(s.key_places) })}
        note={t('coverage.gapsNote', { n: number(s.key_places - s.key_places_seen) })}
      />
      <Kpi
        name={t('coverage.online')}
        value={t('coverage.of', { a: number(s.cameras_online), b: number(s.cameras) })}
        note={t('coverage.onlineNote', { share: `${share(s.cameras_online, s.cameras)} %` })}
      />
    </dl>
  )
}

function Panel({ report, rows, order }: { report: CoverageReport; rows: CoverageGrid[]; order: Order }): JSX.Element {
  const columns = coverageColumns(report, listMode.value)
  const selected = rows.find((row) => row.code === store.grid.value)
  const by = columns.find((column) => column.id === order.column)?.head ?? ''
  const sorted = writeOrder(order) === '-unseen' ? t('coverage.mostUnseen') : t('coverage.sorted', { column: by })
  return (
    <>
      <Figures report={report} />
      <SeenHistogram rows={report.grids} mean={(report.summary.seen_m / report.summary.streets_m) * 100} />
      <div class="table-box">
        <DataTable
          id="table"
          caption={t('coverage.histogram')}
          columns={columns}
          rows={rows}
          keyOf={(row) => row.code}
          selected={store.grid.value}
          hovered={store.hover.value}
          order={order}
          tall={listMode.value}
          onOrder={(next) => (store.sort.value = writeOrder(next))}
          onSelect={(code) => (store.grid.value = code)}
          onHover={(code) => (store.hover.value = code)}
        />
      </div>
      {selected && !listMode.value && <Reasons row={selected} />}
      <p class="table-foot small muted row">
        <span class="grow">{t('coverage.shown', { a: number(rows.length), b: number(report.grids.length), sort: sorted })}</span>
        {store.filter.value ? (
          <button type="button" class="link" onClick={() => (store.filter.value = null)}>
            {t('coverage.clearFilter')}
          </button>
        ) : (
          <span>{t('coverage.streetTotal', { n: distance(report.summary.streets_m) })}</span>
        )}
      </p>
    </>
  )
}

function Nothing(): JSX.Element {
  if (coverage.error.value && !(coverage.error.value as { status?: number }).status?.toString().startsWith('404')) {
    return (
      <div class="pad">
        <ErrorNote error={coverage.error.value} retry={() => void coverage.load()} />
      </div>
    )
  }
  if (!coverage.error.value && planId.value === null && !plans.data.value) return <Skeleton />
  if (!coverage.error.value && coverage.data.value === null && planId.value) return <Skeleton />
  return (
    <Empty icon="camera" title={t('coverage.none')} hint={t('coverage.noneHint')}>
      <button type="button" class="button primary" aria-disabled={!planId.value} onClick={() => void (planId.value && compute())}>
        {t('coverage.run')}
      </button>
    </Empty>
  )
}

/** What is covered, what is not, by how much and how surely. */
export function CoverageDesk(): JSX.Element {
  const report = coverage.data.value
  const order = readOrder(store.sort.value, WORST_FIRST)
  const text = store.filter.value
  const rows = useMemo(() => {
    if (!report) return []
    const filter = readFilter(text)
    return ordered(report.grids.filter((row) => passes(row, filter)), coverageColumns(report, true), order)
  }, [report, text, order.column, order.down, lang.value])
  const selected = report?.grids.find((row) => row.code === store.grid.value)

  return (
    <>
      {report ? <FilterBar report={report} rows={rows} /> : <div class="deskbar" />}
      <div class={`work coverage ${store.phoneMap.value ? 'show-map' : ''}`}>
        <Side name="coverage" side="left" usual={512} id="panel" busy={coverage.loading.value}>
          <JobBar />
          {coverage.error.value && report && <ErrorNote error={coverage.error.value} retry={() => void coverage.load()} />}
          {report ? <Panel report={report} rows={rows} order={order} /> : <Nothing />}
        </Side>
        {listMode.value ? (
          <Side name="coverage-here" side="right" usual={408} label={t('here.title')}>
            {selected && <Reasons row={selected} />}
            <AskForm />
            <PlaceCard docked />
          </Side>
        ) : (
          territory.value && (
            <MapPane>
              <div class="cards">
                <PlaceCard />
                <CameraCard />
              </div>
            </MapPane>
          )
        )}
      </div>
      <PhoneFoot />
      <StatusBar note={report && report.summary.cameras_unknown_heading > 0 ? t('coverage.assumed') : undefined} />
    </>
  )
}
