import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Box } from '../../api/types'
import { t, tOr } from '../../i18n'
import { code, number, share } from '../../i18n/format'
import { listMode, store } from '../../map/store'
import { DataTable, ordered, readOrder, writeOrder, type Column, type Order } from '../../ui/DataTable'
import { Icon } from '../../ui/Icon'
import { Kpi } from '../../ui/Kpi'
import { Menu } from '../../ui/Menu'
import { openDownload, saveFile } from '../../ui/save'
import { ErrorNote, Skeleton } from '../../ui/states'
import { StatusChip } from '../planner/life/StatusChip'
import { person } from '../planner/life/life'
import { primaryStep, type Step } from '../planner/life/steps'
import { barWords, dayOf, stepName } from '../planner/life/words'
import { toCsv } from './actions'
import { asking, bright, comments, offersOf, side, whole, type AreaAction, type AreaChange, type AreaLineage, type WholeChange } from './areas'
import { begin } from './compose'
import { Past, Talk } from './Talk'
import { warningWords } from './words'

const ICONS: Partial<Record<Step, string>> = { submit: 'send', approve: 'check', publish: 'check', send_back: 'refresh', recall: 'refresh', withdraw: 'refresh', delete: 'clear' }
const GROUND: Order = { column: 'from', down: false }
const tab = signal<'does' | 'talk' | 'past'>('does')

/** Draws a draft anew: by its actions, or by another file. */
function redraw(of: WholeChange): void {
  begin(of.change, of.actions as AreaAction[])
  store.part.value = 'new'
}

/** The steps that are open: the next one as a button, all of them in a menu. */
export function ChangeActions({ of }: { of: AreaChange }): JSX.Element {
  const all = offersOf(of)
  const first = primaryStep({ ...of, kind: 'household' }, person.value)
  const it = whole.data.value
  const mayDraw = of.status === 'draft' && person.value.roles.includes('planner')
  return (
    <>
      {mayDraw && it && (
        <button type="button" class="button edit-only" onClick={() => redraw(it)}>
          <Icon name="edit" />
          {t('areas.redraw')}
        </button>
      )}
      <Menu called="icon" name={t('life.more')} buttonClass="button icon-only more-button" align="right" label={<Icon name="more" />}>
        {(close) => (
          <div class="more-menu">
            <h2>{t('areas.steps')}</h2>
            {all.map(({ step, bar }) => (
              <button
                key={step}
                type="button"
                aria-disabled={bar !== null}
                title={barWords(bar)}
                onClick={() => {
                  if (bar) return
                  close()
                  asking.value = step
                }}
              >
                <Icon name={ICONS[step] ?? 'check'} />
                <span class="grow">
                  {stepName(step)}
                  {bar && <span class="block small muted">{barWords(bar)}</span>}
                </span>
              </button>
            ))}
            {all.length === 0 && <p class="menu-note small muted">{t('areas.noStep')}</p>}
            <div class="rule" />
            <button
              type="button"
              onClick={() => {
                close()
                openDownload(`/api/v1/area-changes/${of.id}/shapes`, `${of.name}.geojson`)
              }}
            >
              <Icon name="download" />
              <span class="grow">{t('areas.shapes')}</span>
            </button>
          </div>
        )}
      </Menu>
      {first && (
        <button type="button" class="button primary" onClick={() => (asking.value = first)}>
          {stepName(first)}
        </button>
      )}
    </>
  )
}

function lineageColumns(): Column<AreaLineage>[] {
  const named = (text: string, name: string): JSX.Element => (
    <span class="area-cell" title={`${code(text)} ${name}`}>
      <span class="strong ellipsis">{name || code(text)}</span>
      <span class="small muted">{code(text)}</span>
    </span>
  )
  return [
    { id: 'from', head: t('areas.from'), sort: (row) => row.from_code, cell: (row) => named(row.from_code, row.from_name) },
    { id: 'kind', head: t('areas.becomes'), sort: (row) => row.kind, cell: (row) => <span class="chip outline">{tOr(`life.lineage.${row.kind}`, row.kind)}</span> },
    { id: 'to', head: t('areas.to'), sort: (row) => row.to_code, cell: (row) => named(row.to_code, row.to_name) },
    { id: 'ground', head: t('areas.groundShare'), title: t('areas.groundTitle'), numeric: true, sort: (row) => row.area_share, cell: (row) => share(row.area_share, 1, 1) },
    { id: 'share', head: t('areas.homeShare'), title: t('areas.homeTitle'), numeric: true, sort: (row) => row.household_share, cell: (row) => share(row.household_share, 1, 1) },
    { id: 'households', head: t('areas.homesShort'), title: t('grid.households'), numeric: true, spare: true, sort: (row) => row.households, cell: (row) => number(row.households) },
  ]
}

const keyOf = (row: AreaLineage): string => `${row.from_code}>${row.to_code}`

function saveLineage(of: WholeChange): void {
  const head = ['from_code', 'from_name', 'kind', 'to_code', 'to_name', 'area_share', 'household_share', 'area_m2', 'households'] as const
  saveFile(`${of.change.name}.csv`, toCsv(head, of.lineage.map((row) => head.map((name) => row[name]))), 'text/csv')
}

function Does({ of }: { of: WholeChange }): JSX.Element {
  const order = readOrder(store.sort.value, GROUND)
  const columns = lineageColumns()
  const figures = of.change.figures as { households: number; households_lost: number }
  const now = of.lineage.find((row) => row.from_code === bright.value || row.to_code === bright.value)
  return (
    <>
      <dl class="kpis">
        <Kpi name={t('areas.end')} value={number(of.ended.length)} />
        <Kpi name={t('areas.begin')} value={number(of.areas.length)} />
        <Kpi name={t('areas.homes')} value={number(figures.households)} />
        <Kpi name={t('areas.lost')} value={number(figures.households_lost)} />
      </dl>
      {of.warnings.map((words) => (
        <p key={words} class="note warn area-note">
          <Icon name="warning" />
          <span>{warningWords(words)}</span>
        </p>
      ))}
      <div class="row wrap pad-row area-tools">
        {!listMode.value && (
          <div class="row" role="group" aria-label={t('areas.onMap')}>
            {(['before', 'after', 'both'] as const).map((one) => (
              <button key={one} type="button" class="button" aria-pressed={side.value === one} onClick={() => (side.value = one)}>
                {t(`areas.side.${one}`)}
              </button>
            ))}
          </div>
        )}
        <span class="grow" />
        <button type="button" class="button" onClick={() => saveLineage(of)}>
          <Icon name="download" />
          {t('areas.csv')}
        </button>
      </div>
      <div class="table-box">
        <DataTable
          id="table"
          caption={t('areas.lineage')}
          columns={columns}
          rows={ordered(of.lineage, columns, order)}
          keyOf={keyOf}
          selected={now ? keyOf(now) : null}
          order={order}
          onOrder={(next) => (store.sort.value = writeOrder(next))}
          onSelect={(key) => (bright.value = key.split('>')[1] ?? null)}
          tall
          rowLabel={(row) => t('areas.rowLabel', { from: row.from_name, to: row.to_name, kind: tOr(`life.lineage.${row.kind}`, row.kind), share: share(row.area_share, 1, 1) })}
        />
      </div>
    </>
  )
}

/** Where the new areas of a change lie. */
function boxOf(of: WholeChange): Box | null {
  const boxes = of.areas.map((one) => one.bbox as Box)
  return boxes.length ? boxes.reduce((a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])]) : null
}

function Head({ of }: { of: WholeChange }): JSX.Element {
  const { change } = of
  const box = boxOf(of)
  const by = [
    change.author && t('areas.by', { name: change.author }),
    change.approved_at && change.approver && change.status === 'review' && t('areas.approvedBy', { name: change.approver }),
    change.file && t('areas.fromFile', { name: change.file }),
  ].filter(Boolean)
  return (
    <header class="change-head">
      <div class="row">
        <button type="button" class="button quiet icon-only" aria-label={t('areas.back')} data-tip={t('areas.back')} onClick={() => (store.part.value = null)}>
          <Icon name="undo" />
        </button>
        <h2 class="card-title ellipsis grow">{change.name}</h2>
        <StatusChip status={change.status} />
        {box && !listMode.value && (
          <button type="button" class="button icon-only" aria-label={t('common.zoomTo')} data-tip={t('common.zoomTo')} onClick={() => (store.goTo.value = { bbox: box })}>
            <Icon name="target" />
          </button>
        )}
      </div>
      <p class="small second">
        {change.effective_on ? t('areas.fromDay', { day: dayOf(change.effective_on) }) : t('areas.noDay')}
        {change.basis && ` · ${change.basis}`}
      </p>
      {by.length > 0 && <p class="small muted">{by.join(' · ')}</p>}
    </header>
  )
}

/** A change set: what it does, what was said of it, what happened to it. */
export function Change(): JSX.Element {
  const of = whole.data.value
  useEffect(() => {
    tab.value = 'does'
  }, [])
  useEffect(() => {
    const box = of && boxOf(of)
    // a permalink names its own view; a set chosen from the list is gone to
    if (box && !store.view.peek()) store.goTo.value = { bbox: box }
  }, [of?.change.id])
  if (whole.error.value) {
    return (
      <div class="pad">
        <ErrorNote error={whole.error.value} retry={() => void whole.load()} />
        <button type="button" class="button" onClick={() => (store.part.value = null)}>
          {t('areas.back')}
        </button>
      </div>
    )
  }
  if (!of) return <Skeleton />
  const said = comments.data.value?.length ?? 0
  return (
    <>
      <Head of={of} />
      <div class="tabs" role="tablist" aria-label={of.change.name}>
        {(['does', 'talk', 'past'] as const).map((one, k, all) => (
          <button
            key={one}
            type="button"
            role="tab"
            aria-selected={tab.value === one}
            tabIndex={tab.value === one ? 0 : -1}
            onClick={() => (tab.value = one)}
            onKeyDown={(event) => {
              const step = { ArrowRight: 1, ArrowLeft: 2 }[event.key]
              if (!step) return
              event.preventDefault()
              const next = (k + step) % all.length
              tab.value = all[next] ?? 'does'
              ;(event.currentTarget.parentElement?.children[next] as HTMLElement | undefined)?.focus()
            }}
          >
            {t(`areas.tab.${one}`)} {one === 'talk' && said > 0 && <span class="chip round">{number(said)}</span>}
          </button>
        ))}
      </div>
      {tab.value === 'does' && <Does of={of} />}
      {tab.value === 'talk' && <Talk of={of} />}
      {tab.value === 'past' && <Past />}
    </>
  )
}
