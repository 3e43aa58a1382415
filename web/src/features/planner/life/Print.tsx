import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { layers, planGrids, territory } from '../../../api/data'
import type { Box, LegendItem, PlanGrids } from '../../../api/types'
import { lang, t, tOr } from '../../../i18n'
import { distance, moment, number, signed } from '../../../i18n/format'
import { sources } from '../../../map/basemap'
import { metresBetween } from '../../../map/geometry'
import { picture, styleOf } from '../../../map/second'
import { mapTheme } from '../../../map/store'
import { holdTab } from '../../../ui/focus'
import { Icon } from '../../../ui/Icon'
import { ErrorNote } from '../../../ui/states'
import { classLabels } from '../../../ui/histogram'
import { printing } from './life'
import { barOf, frameOf, labelled, pixels, roundScale, zoomOf, type Paper, type Way } from './paper'
import { planName } from './words'

const BAR_MM = 26
/** A bar shorter than this has no room for the words of its middle. */
const MIDDLE_MM = 18
const PAPERS: [Paper, Way][] = [['a4', 'landscape'], ['a4', 'portrait'], ['a3', 'landscape'], ['a3', 'portrait']]

interface Sheet {
  image: string
  scale: number
}

/** The box that holds all grids of a plan. */
export function wholeBox(data: PlanGrids): Box {
  const boxes = data.grids.map((grid) => grid.bbox)
  return [
    Math.min(...boxes.map((box) => box[0])),
    Math.min(...boxes.map((box) => box[1])),
    Math.max(...boxes.map((box) => box[2])),
    Math.max(...boxes.map((box) => box[3])),
  ]
}

/** The way of the sheet that leaves least of it empty. */
function usualWay(data: PlanGrids): Way {
  const [west, south, east, north] = wholeBox(data)
  const lat = (south + north) / 2
  return metresBetween([west, south], [west, north]) > metresBetween([west, lat], [east, lat]) ? 'portrait' : 'landscape'
}

/** Draws the map of a sheet at a round scale; always light, for ink on paper. */
async function draw(data: PlanGrids, paper: Paper, way: Way): Promise<Sheet> {
  const frame = frameOf(paper, way)
  const [west, south, east, north] = wholeBox(data)
  const lat = (south + north) / 2
  const across = roundScale(metresBetween([west, lat], [east, lat]), frame.width)
  const down = roundScale(metresBetween([west, south], [west, north]), frame.height)
  const scale = Math.max(across, down)
  const style = await styleOf({ plan: data.plan.id, theme: 'light', mapTheme: mapTheme.peek(), tolerance: data.tolerance })
  const view = { center: [(west + east) / 2, lat] as [number, number], zoom: zoomOf(scale, lat) }
  return { scale, image: await picture(labelled(style), view, [pixels(frame.width), pixels(frame.height)]) }
}

function Ramp({ data }: { data: PlanGrids }): JSX.Element {
  const items: LegendItem[] = (layers.data.value ?? []).find((layer) => layer.id === 'grids')?.legend.filter((item) => item.theme === 'deviation') ?? []
  const labels = classLabels(data.tolerance)
  return (
    <div class="print-legend" data-testid="print-legend">
      <p class="strong">{t('life.printRamp', { mean: number(data.mean_households, 1) })}</p>
      <ol>
        {items.map((item, k) => (
          <li key={item.label.en}>
            <span class={`print-swatch dev-${k}`} style={{ [`--dev-${k}`]: item.light }} />
            <span>{labels[k]}</span>
          </li>
        ))}
      </ol>
    </div>
  )
}

function ScaleBar({ scale }: { scale: number }): JSX.Element {
  const { metres, mm } = barOf(scale, BAR_MM)
  return (
    <div class="print-scale" role="img" aria-label={`${t('map.scale')} ${distance(metres)}`}>
      <span class="print-ticks" style={{ width: `${mm}mm` }}>
        <span>0</span>
        {mm >= MIDDLE_MM && <span>{number(metres / 2)}</span>}
        <span>{distance(metres)}</span>
      </span>
      <span class="print-bar" style={{ width: `${mm}mm` }} />
    </div>
  )
}

function Seal({ data }: { data: PlanGrids }): JSX.Element {
  const { plan } = data
  return (
    <table class="print-seal">
      <tbody>
        <tr>
          <td>
            <span>{t('life.drawnBy')}</span>
            <span class="strong">{plan.author ?? ''}</span>
          </td>
          <td>
            <span>{t('life.approvedOn')}</span>
            <span class="strong">{plan.approver ?? ''}</span>
          </td>
          <td class="seal">
            <span>{t('life.seal')}</span>
          </td>
        </tr>
      </tbody>
    </table>
  )
}

/** One sheet of paper: title, map, legend, scale, north, sources and the block for signatures and seal. */
function Page({ data, sheet, paper, way }: { data: PlanGrids; sheet: Sheet | null; paper: Paper; way: Way }): JSX.Element {
  const { plan } = data
  const frame = frameOf(paper, way)
  const inBand = data.grids.filter((grid) => Math.abs(grid.deviation ?? 0) <= data.tolerance).length
  const worst = data.grids.reduce((most, grid) => (Math.abs(grid.deviation ?? 0) > Math.abs(most) ? (grid.deviation ?? 0) : most), 0)
  const based = planName(plan.based_on)
  return (
    <article class={`print-sheet ${paper}-${way}`} aria-label={t('life.sheet')} data-testid="print-sheet">
      <header>
        <div>
          <h2>
            {plan.name}
            {territory.value && !plan.name.includes(territory.value.name) ? `, ${territory.value.name}` : ''}
          </h2>
          <p>
            {[tOr(`status.${plan.status}`, plan.status), tOr(`planKind.${plan.kind}`, plan.kind), based && t('life.basedOn', { name: based })]
              .filter(Boolean)
              .join(' · ')}
          </p>
        </div>
        <div class="right">
          <p>Gridward · {t('life.printedAt', { at: moment(new Date().toISOString(), new Date(0)) })}</p>
          <p>
            {territory.value && `EPSG:${territory.value.metric_srid}`}
            {sheet && ` · 1 : ${number(sheet.scale)}`}
          </p>
        </div>
      </header>
      <div class="print-frame" style={{ width: `${frame.width}mm`, height: `${frame.height}mm` }}>
        {sheet && <img src={sheet.image} alt={t('map.label', { name: plan.name })} data-testid="print-map" />}
        {sheet && <ScaleBar scale={sheet.scale} />}
        <span class="print-north" role="img" aria-label={t('map.north')}>
          <Icon name="north" />N
        </span>
      </div>
      <footer>
        <div class="print-notes">
          {mapTheme.value === 'deviation' && <Ramp data={data} />}
          <p>
            {t('life.printSums', {
              households: number(data.grids.reduce((all, grid) => all + grid.households, 0)),
              grids: number(data.grids.length),
              band: number(inBand),
              tolerance: number(data.tolerance * 100),
              worst: `${signed(worst)} %`,
            })}
            {plan.basis && ` · ${t('planner.basis')}: ${plan.basis}`}
          </p>
          {sources.value && <p>{t('life.source', { name: sources.value })}</p>}
        </div>
        <Seal data={data} />
      </footer>
    </article>
  )
}

function View({ data }: { data: PlanGrids }): JSX.Element {
  const paper = useSignal<Paper>('a4')
  const way = useSignal<Way>(usualWay(data))
  const sheet = useSignal<Sheet | null>(null)
  const failure = useSignal<unknown>(null)
  const box = useRef<HTMLElement>(null)
  const close = (): void => void (printing.value = false)
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null
    box.current?.focus()
    document.documentElement.classList.add('printing')
    return () => {
      document.documentElement.classList.remove('printing')
      before?.focus()
    }
  }, [])
  useEffect(() => {
    let gone = false
    sheet.value = null
    failure.value = null
    draw(data, paper.value, way.value)
      .then((drawn) => void (gone || (sheet.value = drawn)))
      .catch((cause: unknown) => void (gone || (failure.value = cause)))
    return () => void (gone = true)
  }, [data.plan.id, data.plan.revision, paper.value, way.value, lang.value])
  return (
    <section
      class="print-view"
      ref={box}
      role="dialog"
      aria-modal="true"
      tabIndex={-1}
      aria-label={t('life.print')}
      onKeyDown={(event) => {
        event.stopPropagation()
        if (event.key === 'Escape') close()
        holdTab(event, box.current)
      }}
    >
      <div class="print-tools row">
        <button type="button" class="button primary" aria-disabled={!sheet.value} onClick={() => sheet.value && print()}>
          {t('life.printNow')}
        </button>
        <label class="row small">
          {t('life.paper')}
          <select
            class="input"
            value={`${paper.value} ${way.value}`}
            onChange={(event) => {
              const [nextPaper, nextWay] = event.currentTarget.value.split(' ')
              paper.value = nextPaper as Paper
              way.value = nextWay as Way
            }}
          >
            {PAPERS.map(([one, turned]) => (
              <option key={one + turned} value={`${one} ${turned}`}>
                {one.toUpperCase()} {t(`life.${turned}`)}
              </option>
            ))}
          </select>
        </label>
        <span class="small muted grow" role="status">
          {sheet.value ? t('life.printReady') : failure.value === null ? t('life.printDrawing') : ''}
        </span>
        <button type="button" class="button" onClick={close}>
          {t('common.close')}
        </button>
      </div>
      {failure.value !== null && <ErrorNote error={failure.value} />}
      <div class="print-scroll" tabIndex={0} role="region" aria-label={t('life.sheet')}>
        <Page data={data} sheet={sheet.value} paper={paper.value} way={way.value} />
      </div>
    </section>
  )
}

/** The plan on paper, while it is asked for. */
export function PrintView(): JSX.Element | null {
  const data = planGrids.data.value
  return printing.value && data && data.grids.length > 0 ? <View data={data} /> : null
}
