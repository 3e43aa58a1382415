import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { planGrids, territory } from '../../../api/data'
import type { Box, PlanGrids } from '../../../api/types'
import { lang, t, tOr } from '../../../i18n'
import { gridNumber, number } from '../../../i18n/format'
import { sources } from '../../../map/basemap'
import { mapTheme, store } from '../../../map/store'
import { holdTab } from '../../../ui/focus'
import { ErrorNote } from '../../../ui/states'
import { printing } from './life'
import { metresOf, type Paper, type Way } from './paper'
import { GridPage } from './PrintGrid'
import { MapFrame, Ramp, Seal, SheetHead } from './PrintParts'
import { Keyed, MoreKeys, sums, VillagePage } from './PrintVillage'
import { draw, frameFor, MOST_SHEETS, partsOf, sheetCount, type Part, type Shot, type Wanted } from './sheets'
import { boxAround, villagesOf, type Village } from './villages'
import { planName } from './words'

const PAPERS: [Paper, Way][] = [['a4', 'landscape'], ['a4', 'portrait'], ['a3', 'landscape'], ['a3', 'portrait']]

/** The box that holds all grids of a plan. */
export const wholeBox = (data: PlanGrids): Box => boxAround(data.grids.map((grid) => grid.bbox))

/** The way of the sheet that leaves least of it empty. */
function usualWay(data: PlanGrids): Way {
  const [across, down] = metresOf(wholeBox(data))
  return down > across ? 'portrait' : 'landscape'
}

interface SheetProps {
  data: PlanGrids
  part: Part
  paper: Paper
  way: Way
  of: number
  sheetOf: (village: Village) => number | undefined
}

/** The overview: title, map, key of several villages, legend, scale, north, sources and the block for signatures and seal. */
function Overview({ shot, ...props }: SheetProps & { shot: Shot | undefined }): JSX.Element {
  const { data, part, paper, way, of } = props
  const { plan } = data
  const based = planName(plan.based_on)
  const title = `${plan.name}${territory.value && !plan.name.includes(territory.value.name) ? `, ${territory.value.name}` : ''}`
  const words = [tOr(`status.${plan.status}`, plan.status), tOr(`planKind.${plan.kind}`, plan.kind), based && t('life.basedOn', { name: based })]
  return (
    <>
      <article class={`print-sheet ${paper}-${way}`} aria-label={t('life.sheet')} data-testid="print-sheet">
        <SheetHead title={title} words={words} at={part.at} of={of} scale={shot?.scale} />
        <Keyed {...props}>
          <MapFrame frame={frameFor(part, paper, way)} image={shot?.image ?? null} scale={shot?.scale ?? 0} name={plan.name} />
        </Keyed>
        <footer>
          <div class="print-notes">
            {mapTheme.value === 'deviation' && <Ramp data={data} />}
            <p>
              {sums(data.grids, data.tolerance)}
              {plan.basis && ` · ${t('planner.basis')}: ${plan.basis}`}
            </p>
            {shot !== undefined && shot.unnumbered > 0 && <p>{t(part.key ? 'life.unnumbered' : 'life.unnumberedVillage', { n: number(shot.unnumbered) })}</p>}
            {sources.value && <p>{t('life.source', { name: sources.value })}</p>}
          </div>
          <Seal data={data} />
        </footer>
      </article>
      <MoreKeys {...props} title={title} />
    </>
  )
}

/** What is on its way, or that all is there. */
function progressWords(data: PlanGrids, wanted: Wanted, parts: readonly Part[], shots: Shots): string {
  const have = parts.filter((part) => shots[part.id]).length
  const next = parts[have]
  if (next) return parts.length === 1 ? t('life.printDrawing') : t('life.printDrawingOf', { at: number(next.at), of: number(sheetCount(parts)) })
  const left = wanted === 'grids' ? data.grids.length - MOST_SHEETS : 0
  return left > 0 ? `${t('life.printReady')} ${t('life.printMost', { n: number(MOST_SHEETS), all: number(data.grids.length) })}` : t('life.printReady')
}

type Shots = Record<string, Shot>

/** The village of the selected grid, else the first. */
function villageAtHand(data: PlanGrids): string | null {
  const selected = data.grids.find((grid) => grid.code === store.grid.peek())
  return selected?.area_code ?? villagesOf(data.grids)[0]?.code ?? null
}

/** The sheets of one part; but for the overview they come when their map is drawn. */
function Printed({ shot, ...props }: SheetProps & { shot: Shot | undefined }): JSX.Element | null {
  const { part } = props
  if (part.id === 'overview') return <Overview {...props} shot={shot} />
  if (!shot) return null
  if (part.village) return <VillagePage {...props} shot={shot} village={part.village} />
  return part.grid ? <GridPage data={props.data} grid={part.grid} shot={shot} paper={props.paper} way={props.way} at={part.at} of={props.of} /> : null
}

function View({ data }: { data: PlanGrids }): JSX.Element {
  const paper = useSignal<Paper>('a4')
  const way = useSignal<Way>(usualWay(data))
  const wanted = useSignal<Wanted>('overview')
  const villages = villagesOf(data.grids)
  const village = useSignal<string | null>(villageAtHand(data))
  const shots = useSignal<Shots>({})
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
  const asked = { wanted: wanted.value, paper: paper.value, way: way.value, village: village.value, grid: store.grid.value }
  const parts = partsOf(data, asked)
  useEffect(() => {
    let gone = false
    shots.value = {}
    failure.value = null
    const job = { paper: paper.value, way: way.value, gone: () => gone, tell: (id: string, shot: Shot) => void (shots.value = { ...shots.value, [id]: shot }) }
    draw(data, parts, job).catch((cause: unknown) => void (gone || (failure.value = cause)))
    return () => void (gone = true)
  }, [data.plan.id, data.plan.revision, paper.value, way.value, wanted.value, village.value, lang.value])
  const words = failure.value === null ? progressWords(data, wanted.value, parts, shots.value) : ''
  const ready = parts.every((part) => shots.value[part.id])
  const chosen = data.grids.find((grid) => grid.code === store.grid.value)
  const sheetOf = (one: Village): number | undefined => (wanted.value === 'villages' ? parts.find((part) => part.village?.code === one.code)?.at : undefined)
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
            {villages.length > 1 && <option value="villages">{t('life.sheets.villages')}</option>}
            {villages.length > 1 && <option value="village">{t('life.sheets.village')}</option>}
            <option value="grids">{t('life.sheets.grids')}</option>
            {chosen && <option value="grid">{t('life.sheets.grid', { name: `${gridNumber(chosen.code)} ${chosen.name}`.trim() })}</option>}
          </select>
        </label>
        {wanted.value === 'village' && (
          <label class="row small">
            {t('life.keyVillage')}
            <select class="input" value={village.value ?? ''} onChange={(event) => (village.value = event.currentTarget.value)}>
              {villages.map((one) => (
                <option key={one.code} value={one.code}>
                  {one.name}
                </option>
              ))}
            </select>
          </label>
        )}
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
        {parts.map((part) => (
          <Printed key={part.id} part={part} shot={shots.value[part.id]} data={data} paper={paper.value} way={way.value} of={sheetCount(parts)} sheetOf={sheetOf} />
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
