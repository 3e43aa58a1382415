import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { planGrids, territory } from '../../../api/data'
import type { Box, PlanGrids } from '../../../api/types'
import { lang, t, tOr } from '../../../i18n'
import { gridNumber, moment, number, signed } from '../../../i18n/format'
import { sources } from '../../../map/basemap'
import { camera, styleOf } from '../../../map/second'
import { mapTheme, store } from '../../../map/store'
import { holdTab } from '../../../ui/focus'
import { ErrorNote } from '../../../ui/states'
import { printing } from './life'
import { frameOf, labelled, pixels, roundScale, zoomOf, type Paper, type Way } from './paper'
import { GridPage, gridView, metresOf, type GridSheet } from './PrintGrid'
import { MapFrame, Ramp, Seal } from './PrintParts'
import { planName } from './words'

const PAPERS: [Paper, Way][] = [['a4', 'landscape'], ['a4', 'portrait'], ['a3', 'landscape'], ['a3', 'portrait']]
/** More sheets than this are drawn by the command line, which keeps none of them in memory. */
const MOST_SHEETS = 200

/** The overview alone, with a sheet for each grid after it, or the sheet of the selected grid alone. */
type Wanted = 'overview' | 'grids' | 'grid'

interface Sheet {
  image: string
  scale: number
}

interface Drawn {
  overview: Sheet | null
  grids: GridSheet[]
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
  const [across, down] = metresOf(wholeBox(data))
  return down > across ? 'portrait' : 'landscape'
}

/** The grids that get a sheet of their own, in the order of their codes. */
function sheeted(data: PlanGrids, wanted: Wanted): PlanGrids['grids'] {
  if (wanted === 'overview') return []
  const all = [...data.grids].sort((one, other) => (one.code < other.code ? -1 : 1))
  return wanted === 'grid' ? all.filter((grid) => grid.code === store.grid.peek()) : all.slice(0, MOST_SHEETS)
}

interface Job {
  wanted: Wanted
  paper: Paper
  way: Way
  gone: () => boolean
  tell: (drawn: Drawn) => void
}

/** Draws the maps of the sheets one after another, at round scales; always light, for ink on paper. */
async function draw(data: PlanGrids, { wanted, paper, way, gone, tell }: Job): Promise<void> {
  const frame = frameOf(paper, way)
  const style = await styleOf({ plan: data.plan.id, theme: 'light', mapTheme: mapTheme.peek(), tolerance: data.tolerance })
  const eye = camera(labelled(style), [pixels(frame.width), pixels(frame.height)])
  let drawn: Drawn = { overview: null, grids: [] }
  try {
    if (wanted !== 'grid') {
      const [west, south, east, north] = wholeBox(data)
      const [across, down] = metresOf([west, south, east, north])
      const scale = Math.max(roundScale(across, frame.width), roundScale(down, frame.height))
      const lat = (south + north) / 2
      drawn = { ...drawn, overview: { scale, image: await eye.take({ center: [(west + east) / 2, lat], zoom: zoomOf(scale, lat) }) } }
      if (!gone()) tell(drawn)
    }
    for (const grid of sheeted(data, wanted)) {
      if (gone()) return
      const { center, scale } = gridView(grid, frame)
      const image = await eye.take({ center, zoom: zoomOf(scale, center[1]) }, grid.fid, 'image/jpeg')
      drawn = { ...drawn, grids: [...drawn.grids, { grid, scale, image }] }
      if (!gone()) tell(drawn)
    }
  } finally {
    eye.close()
  }
}

/** One sheet of paper: title, map, legend, scale, north, sources and the block for signatures and seal. */
function Page({ data, sheet, paper, way, of }: { data: PlanGrids; sheet: Sheet | null; paper: Paper; way: Way; of: number }): JSX.Element {
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
          <p>Gridward · {of > 1 && `${t('life.sheetOf', { at: number(1), of: number(of) })} · `}{t('life.printedAt', { at: moment(new Date().toISOString(), new Date(0)) })}</p>
          <p>
            {territory.value && `EPSG:${territory.value.metric_srid}`}
            {sheet && ` · 1 : ${number(sheet.scale)}`}
          </p>
        </div>
      </header>
      <MapFrame frame={frame} image={sheet?.image ?? null} scale={sheet?.scale ?? 0} name={plan.name} />
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

/** What is on its way, or that all is there. */
function progressWords(data: PlanGrids, wanted: Wanted, drawn: Drawn): string {
  const all = sheeted(data, wanted).length + (wanted === 'grid' ? 0 : 1)
  const have = drawn.grids.length + (drawn.overview ? 1 : 0)
  if (have < all) return all === 1 ? t('life.printDrawing') : t('life.printDrawingOf', { at: number(have + 1), of: number(all) })
  const left = wanted === 'grids' ? data.grids.length - MOST_SHEETS : 0
  return left > 0 ? `${t('life.printReady')} ${t('life.printMost', { n: number(MOST_SHEETS), all: number(data.grids.length) })}` : t('life.printReady')
}

function View({ data }: { data: PlanGrids }): JSX.Element {
  const paper = useSignal<Paper>('a4')
  const way = useSignal<Way>(usualWay(data))
  const wanted = useSignal<Wanted>('overview')
  const drawn = useSignal<Drawn>({ overview: null, grids: [] })
  const failure = useSignal<unknown>(null)
  const box = useRef<HTMLElement>(null)
  const close = (): void => void (printing.value = false)
  useLayoutEffect(() => {
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
    drawn.value = { overview: null, grids: [] }
    failure.value = null
    draw(data, { wanted: wanted.value, paper: paper.value, way: way.value, gone: () => gone, tell: (now) => void (drawn.value = now) }).catch(
      (cause: unknown) => void (gone || (failure.value = cause)),
    )
    return () => void (gone = true)
  }, [data.plan.id, data.plan.revision, paper.value, way.value, wanted.value, lang.value])
  const words = failure.value === null ? progressWords(data, wanted.value, drawn.value) : ''
  const first = wanted.value === 'grid' ? 0 : 1
  const all = sheeted(data, wanted.value).length + first
  const ready = drawn.value.grids.length + (drawn.value.overview ? 1 : 0) === all
  const chosen = data.grids.find((grid) => grid.code === store.grid.value)
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
        <button type="button" class="button primary" aria-disabled={!ready} onClick={() => ready && print()}>
          {t('life.printNow')}
        </button>
        <label class="row small">
          {t('life.sheets')}
          <select class="input" value={wanted.value} onChange={(event) => (wanted.value = event.currentTarget.value as Wanted)}>
            <option value="overview">{t('life.sheets.overview')}</option>
            <option value="grids">{t('life.sheets.grids')}</option>
            {chosen && <option value="grid">{t('life.sheets.grid', { name: `${gridNumber(chosen.code)} ${chosen.name}`.trim() })}</option>}
          </select>
        </label>
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
          {words}
        </span>
        <button type="button" class="button" onClick={close}>
          {t('common.close')}
        </button>
      </div>
      {failure.value !== null && <ErrorNote error={failure.value} />}
      <div class="print-scroll" tabIndex={0} role="region" aria-label={t('life.sheet')}>
        {first === 1 && <Page data={data} sheet={drawn.value.overview} paper={paper.value} way={way.value} of={all} />}
        {drawn.value.grids.map((one, k) => (
          <GridPage key={one.grid.code} data={data} sheet={one} paper={paper.value} way={way.value} at={k + 1 + first} of={all} />
        ))}
      </div>
    </section>
  )
}

/** The plan on paper, while it is asked for. */
export function PrintView(): JSX.Element | null {
  const data = planGrids.data.value
  return printing.value && data && data.grids.length > 0 ? <View data={data} /> : null
}
