import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { lang, t, tOr } from '../../i18n'
import { gridNumber, number } from '../../i18n/format'
import { listMode, store } from '../../map/store'
import { DataTable, ordered, readOrder, writeOrder, type Column } from '../../ui/DataTable'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { passing } from './GridsPanel'
import { gaps, needs } from './desk'
import { tight } from './narrow'
import type { Gap } from './types'

const FLY_ZOOM = 18
const MOST_ROWS = 300
const order = signal<string | null>('-score')
const kind = signal<'' | Gap['kind']>('')
/** The gap that was chosen in the list, marked on the map. */
export const gapChosen = signal<Gap | null>(null)

interface Why {
  street?: string | null
  place?: string | null
  place_kind?: string | null
  metres?: number | null
  maybe?: boolean
  lack?: number | null
  unseen_share?: number | null
  incidents?: number | null
}
const whyOf = (gap: Gap): Why => gap.reason as Why
const placeKind = (name: string | null | undefined): string => (name ? tOr(`place.${name}`, name) : t('cov.gapPlace'))

/** What a gap is called: a key place by its name or kind, a street by its name. */
export function gapName(gap: Gap): string {
  if (gap.kind === 'street') return gap.what || t('cov.unnamed')
  return whyOf(gap).place || placeKind(whyOf(gap).place_kind)
}

/** Why it is a gap, in words. */
export function gapWords(gap: Gap): string {
  const why = whyOf(gap)
  const k = needs.value.k
  const lack = Math.max(1, Math.round(why.lack ?? 1))
  const first =
    gap.kind === 'street'
      ? [t('cov.gapMetres', { m: number(why.metres ?? 0) }), k > 1 ? t('cov.gapLack', { n: lack, k }) : '']
      : [k > 1 ? t('cov.gapPlaceLack', { kind: placeKind(why.place_kind), n: lack, k }) : placeKind(why.place_kind)]
  const month = needs.value.month && why.unseen_share ? t('cov.gapShare', { share: number(why.unseen_share * 100, 1) }) : ''
  const year = why.incidents ? t('cov.gapIncidents', { n: number(why.incidents) }) : ''
  return [...first, month, why.maybe ? t('cov.gapMaybe') : '', year].filter(Boolean).join(lang.value === 'zh' ? '，' : ', ')
}

/** Where and why in one cell: what a phone has room for. */
const both = (row: Gap): JSX.Element => (
  <span class="two-lines">
    <span class="strong">{gapName(row)}</span>
    <span class="small second">{row.kind === 'street' ? `${t('cov.gapStreet')}${lang.value === 'zh' ? '：' : ': '}${gapWords(row)}` : gapWords(row)}</span>
  </span>
)

function columnsOf(): Column<Gap>[] {
  const grid: Column<Gap> = { id: 'grid', head: t('cov.gapGrid'), sort: (row) => row.grid_code ?? '', cell: (row) => (row.grid_code ? gridNumber(row.grid_code) : '–') }
  const score: Column<Gap> = { id: 'score', head: t('cov.gapScore'), numeric: true, sort: (row) => row.score, cell: (row) => number(row.score, 1) }
  if (tight.value && !listMode.value) return [{ id: 'what', head: t('cov.gapWhat'), sort: gapName, cell: both }, grid, score]
  return [
    { id: 'what', head: t('cov.gapWhat'), sort: gapName, cell: (row) => <span class="ellipsis gap-name strong">{gapName(row)}</span> },
    { id: 'kind', head: t('cov.gapKind'), sort: (row) => row.kind, cell: (row) => t(row.kind === 'street' ? 'cov.gapStreet' : 'cov.gapPlace') },
    { id: 'why', head: t('cov.gapWhy'), cell: (row) => <span class="ellipsis gap-why" title={gapWords(row)}>{gapWords(row)}</span> },
    grid,
    score,
  ]
}

/** Moves the map to a gap and marks it. */
export function openGap(gap: Gap): void {
  gapChosen.value = gap
  store.goTo.value = { at: [gap.lon, gap.lat], zoom: FLY_ZOOM }
  if (gap.grid_code) store.grid.value = gap.grid_code
}

/** Gaps of the grids on screen as places, the worst first, each with its reason. */
export function GapsPanel(): JSX.Element {
  if (gaps.error.value) return <ErrorNote error={gaps.error.value} retry={() => void gaps.load()} />
  const data = gaps.data.value?.gaps
  if (!data) return <Skeleton />
  const codes = new Set(passing.value.map((row) => row.code))
  const inArea = data.filter((gap) => gap.grid_code === null || codes.has(gap.grid_code))
  const columns = columnsOf()
  const sorted = readOrder(order.value, { column: 'score', down: true })
  const rows = ordered(inArea.filter((gap) => !kind.value || gap.kind === kind.value), columns, sorted)
  return (
    <>
      <div class="panel-bar row small">
        <label class="row">
          <span class="muted">{t('cov.gapKind')}</span>
          <select class="input slim" value={kind.value} onChange={(event) => (kind.value = event.currentTarget.value as typeof kind.value)}>
            <option value="">{t('cov.gapAll')}</option>
            <option value="street">{t('cov.gapStreet')}</option>
            <option value="key_place">{t('cov.gapPlace')}</option>
          </select>
        </label>
        <span class="muted grow">{t(rows.length > MOST_ROWS ? 'cov.gapMore' : 'cov.gapCount', { n: number(rows.length), most: MOST_ROWS })}</span>
      </div>
      {rows.length === 0 ? (
        <Empty icon="check" title={t('cov.gapNone')} hint={t('cov.gapNoneHint')} />
      ) : (
        <div class="table-box">
          <DataTable
            id="gaps-table"
            caption={t('cov.gapTable')}
            columns={columns}
            rows={rows.slice(0, MOST_ROWS)}
            keyOf={(row) => row.id}
            selected={gapChosen.value?.id ?? null}
            order={sorted}
            onOrder={(next) => (order.value = writeOrder(next))}
            onSelect={(id) => {
              const gap = rows.find((row) => row.id === id)
              if (gap) openGap(gap)
            }}
          />
        </div>
      )}
    </>
  )
}
