import type { JSX } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { planId } from '../../api/data'
import { onLayer } from '../../api/events'
import { lang, t } from '../../i18n'
import { gridNumber, number } from '../../i18n/format'
import { listMode, store } from '../../map/store'
import { ordered, readOrder, type Column, type Order } from '../../ui/DataTable'
import { Icon } from '../../ui/Icon'
import { saveFile } from '../../ui/save'
import { ErrorNote, Skeleton } from '../../ui/states'
import { StoreTable } from './parts'
import { QualityLimits } from './QualityLimits'
import { QualitySizes } from './QualitySizes'
import { asCsv, editingLimits, figureAt, figureText, PRINCIPLES, quality, rank, wanted, type Quality, type QualityFigure, type QualityGrid, type Verdict } from './quality'

const LOOK: Record<Verdict, [string, string]> = { ok: ['ok', 'check'], watch: ['warn', 'warning'], bad: ['late', 'alert'], none: ['', 'minus'] }
const WORST: Order = { column: 'verdict', down: true }
const RESTS_ON = new Set(['areas', 'grids', 'staff', 'cameras', 'key_places', 'gaps', 'streets', 'dwellings', 'landcover', 'waterways'])

export function VerdictChip({ verdict }: { verdict: Verdict }): JSX.Element {
  const [tone, icon] = LOOK[verdict]
  return (
    <span class={`chip ${tone}`}>
      <Icon name={icon} />
      {t(`quality.${verdict}`)}
    </span>
  )
}

/** How many grids are good, to be watched and bad, as a bar with its words for those who can't see it. */
function Spread(props: { ok: number; watch: number; bad: number }): JSX.Element {
  const words = t('quality.spread', { ok: number(props.ok), watch: number(props.watch), bad: number(props.bad) })
  return (
    <span class="spread" role="img" aria-label={words} title={words}>
      {(['ok', 'watch', 'bad'] as const).map((kind) => props[kind] > 0 && <span key={kind} class={kind} style={{ flexGrow: props[kind] }} />)}
    </span>
  )
}

function FigureRow({ data, figure }: { data: Quality; figure: QualityFigure }): JSX.Element {
  const total = data.totals[figure.id]
  const chosen = figureAt.value === figure.id
  const [tone, icon] = LOOK[total?.verdict ?? 'none']
  return (
    <li>
      <button type="button" class="figure-row" aria-pressed={chosen} title={figure.note[lang.value]} onClick={() => (figureAt.value = figure.id)}>
        <span class="ellipsis name">{figure.title[lang.value]}</span>
        <span class="num strong">{figureText(total?.value, figure.unit)}</span>
        <span class="num small muted">
          {wanted(figure)}
          {figure.own && <span title={t('quality.own')}> *</span>}
        </span>
        {figure.better && total ? (
          <>
            <span class={`sign-${tone || 'none'}`}>
              <Icon name={icon} title={t(`quality.${total.verdict}`)} />
            </span>
            <Spread {...total} />
          </>
        ) : (
          <>
            <span />
            <span />
          </>
        )}
      </button>
    </li>
  )
}

function Principle({ data, id }: { data: Quality; id: (typeof PRINCIPLES)[number] | 'ground' }): JSX.Element {
  const said = data.principles.find((one) => one.id === id)
  const title = t(id === 'population' && data.measure === 'metres' ? 'quality.fitLength' : `quality.${id}`)
  return (
    <section class="principle" aria-label={title}>
      <div class="row">
        <h2 class="grow">{title}</h2>
        {said && said.bad + said.watch > 0 && (
          <span class="small muted">{t('quality.notGood', { n: number(said.bad + said.watch), all: number(data.grids.length) })}</span>
        )}
        {said && <VerdictChip verdict={said.verdict} />}
      </div>
      <ul>
        {data.figures
          .filter((figure) => figure.principle === id)
          .map((figure) => (
            <FigureRow key={figure.id} data={data} figure={figure} />
          ))}
      </ul>
      {id === 'population' && <QualitySizes data={data} />}
      {id === 'resources' && data.without_coverage_run && <p class="small muted">{t('quality.noRun')}</p>}
    </section>
  )
}

function gridColumns(figure: QualityFigure, wide: readonly QualityFigure[], metres: boolean): Column<QualityGrid>[] {
  const value = (of: QualityFigure): Column<QualityGrid> => ({
    id: of.id,
    head: of.title[lang.value],
    title: of.note[lang.value],
    numeric: true,
    sort: (grid) => grid.values[of.id] ?? -1,
    cell: (grid) => figureText(grid.values[of.id], of.unit),
  })
  const rest = wide.filter((of) => of.id !== figure.id).map(value)
  return [
    {
      id: 'grid',
      head: t('grid.grid'),
      sort: (grid) => grid.code,
      cell: (grid) => (
        <span class="gridname">
          <span class="strong">{gridNumber(grid.code)}</span>
          <span class="ellipsis">{grid.name || grid.area_name}</span>
        </span>
      ),
    },
    { id: 'households', head: t(metres ? 'quality.metres' : 'grid.households'), numeric: true, sort: (grid) => grid.size, cell: (grid) => number(grid.size) },
    value(figure),
    {
      id: 'verdict',
      head: t('quality.verdict'),
      sort: (grid) => rank(figure.better ? grid.verdicts[figure.id] : grid.verdict) * 1e6 + Math.abs(grid.values[figure.id] ?? 0),
      cell: (grid) => <VerdictChip verdict={(figure.better ? grid.verdicts[figure.id] : grid.verdict) ?? 'none'} />,
    },
    ...rest,
  ]
}

function Grids({ data, figure }: { data: Quality; figure: QualityFigure }): JSX.Element {
  const columns = gridColumns(figure, listMode.value ? data.figures : [], data.measure === 'metres')
  const asked = readOrder(store.sort.value, WORST)
  // the other tabs sort by columns of their own
  const order = columns.some((column) => column.id === asked.column) ? asked : WORST
  const rows = useMemo(() => ordered(data.grids, columns, order), [data, figure.id, order.column, order.down, lang.value, listMode.value])
  const selected = data.grids.find((grid) => grid.code === store.grid.value)
  return (
    <section class="quality-grids" aria-label={figure.title[lang.value]}>
      <div class="row pad-row">
        <h2 class="grow ellipsis">{figure.title[lang.value]}</h2>
        <span class="small muted ellipsis">{figure.note[lang.value]}</span>
      </div>
      {selected && (
        <p class="small second pad-row" role="status">
          <span class="strong">{gridNumber(selected.code)}</span> {figureText(selected.values[figure.id], figure.unit)}
          {figure.id.startsWith('walk_') && ` · ${t(`quality.from.${selected.walk_from}`)}`}
        </p>
      )}
      <StoreTable caption={`${data.plan.name}: ${figure.title[lang.value]}`} columns={columns} rows={rows} codeOf={(grid) => grid.code} order={order} />
    </section>
  )
}

/** The plan by the four principles: what is good, what to watch, what is bad, and the grids behind each figure. */
export function QualityPanel(): JSX.Element {
  const data = quality.data.value
  useEffect(() => {
    void quality.load()
  }, [planId.value])
  useEffect(() => onLayer(({ layer }) => void (RESTS_ON.has(layer) && quality.load())), [])
  if (quality.error.value) {
    return (
      <div class="pad">
        <ErrorNote error={quality.error.value} retry={() => void quality.load()} />
      </div>
    )
  }
  if (!data || data.plan.id !== planId.value) return <Skeleton />
  const figure = data.figures.find((one) => one.id === figureAt.value) ?? data.figures[0]
  return (
    <div class={`quality-tab ${quality.loading.value ? 'dimmed' : ''}`}>
      <div class="row pad-row">
        <span class="grow small muted">{t('quality.hint')}</span>
        <button type="button" class="button" aria-expanded={editingLimits.value} onClick={() => (editingLimits.value = !editingLimits.value)}>
          <Icon name="edit" />
          {t('quality.limits')}
        </button>
        <button
          type="button"
          class="button icon-only"
          aria-label={t('quality.csv')}
          data-tip={t('quality.csv')}
          onClick={() => saveFile(`${data.plan.name}.csv`, asCsv(data, lang.value), 'text/csv;charset=utf-8')}
        >
          <Icon name="download" />
        </button>
      </div>
      {editingLimits.value && <QualityLimits data={data} />}
      {[...PRINCIPLES, 'ground' as const].map((id) => (
        <Principle key={id} data={data} id={id} />
      ))}
      {figure && <Grids data={data} figure={figure} />}
    </div>
  )
}
