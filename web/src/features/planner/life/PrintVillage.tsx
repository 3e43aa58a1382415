/** The sheet of one village, the key of a sheet (grids of a village, villages of an overview), and the sheets that a long key goes on on. */
import type { ComponentChildren, JSX } from 'preact'
import type { Grid, PlanGrids } from '../../../api/types'
import { t, tOr } from '../../../i18n'
import { code, gridNumber, number, signed } from '../../../i18n/format'
import { sources } from '../../../map/basemap'
import { mapTheme } from '../../../map/store'
import { frameFor, type Part, type Shot } from './sheets'
import { frameOf, type Paper, type Way } from './paper'
import { MapFrame, Ramp, Seal, SheetHead } from './PrintParts'
import type { Village } from './villages'

const sum = (grids: readonly Grid[]): number => grids.reduce((all, grid) => all + grid.households, 0)
const band = (grids: readonly Grid[], tolerance: number): number => grids.filter((grid) => Math.abs(grid.deviation ?? 0) <= tolerance).length

/** How a row of grids is balanced, for the foot of their sheet. */
export function sums(grids: readonly Grid[], tolerance: number): string {
  const worst = grids.reduce((most, grid) => (Math.abs(grid.deviation ?? 0) > Math.abs(most) ? (grid.deviation ?? 0) : most), 0)
  return t('life.printSums', {
    households: number(sum(grids)),
    grids: number(grids.length),
    band: number(band(grids, tolerance)),
    tolerance: number(tolerance * 100),
    worst: `${signed(worst)} %`,
  })
}

function GridLine({ grid }: { grid: Grid }): JSX.Element {
  return (
    <li>
      <span class="strong">{gridNumber(grid.code)}</span>
      <span class="wide">{grid.name || code(grid.code)}</span>
      <span>{number(grid.households)}</span>
      <span>{signed(grid.deviation)}</span>
      <span>{grid.head?.work_no ?? t('grid.vacant')}</span>
    </li>
  )
}

function VillageLine({ village, sheet, tolerance }: { village: Village; sheet: number | undefined; tolerance: number }): JSX.Element {
  return (
    <li>
      <span class="strong">{sheet === undefined ? '' : number(sheet)}</span>
      <span class="wide">{village.name}</span>
      <span>{number(sum(village.grids))}</span>
      <span>{number(village.grids.length)}</span>
      <span>{number(band(village.grids, tolerance))}</span>
    </li>
  )
}

const GRID_HEADS = ['life.keyNumber', 'life.keyName', 'life.keyHouseholds', 'life.keyDeviation', 'life.keyHead'] as const
const VILLAGE_HEADS = ['life.keySheet', 'life.keyVillage', 'life.keyHouseholds', 'life.keyGrids', 'life.keyBand'] as const

interface KeyProps {
  lines: readonly (Village | Grid)[]
  tolerance: number
  /** The number of the sheet of a village, where it has one. */
  sheetOf: (village: Village) => number | undefined
}

const isVillage = (line: Village | Grid): line is Village => 'grids' in line

/** What the numbers and names of a map stand for. */
export function Key({ lines, tolerance, sheetOf }: KeyProps): JSX.Element {
  const [first] = lines
  const numbered = first !== undefined && isVillage(first) && sheetOf(first) === undefined
  const heads = (first && isVillage(first) ? VILLAGE_HEADS : GRID_HEADS).map((head, k) => (numbered && k === 0 ? '' : t(head)))
  return (
    <div class="print-key" data-testid="print-key">
      <ul>
        <li class="head" aria-hidden="true">
          {heads.map((head, k) => (
            <span key={k} class={k === 1 ? 'wide' : ''}>
              {head}
            </span>
          ))}
        </li>
        {lines.map((line) => (isVillage(line) ? <VillageLine key={line.code} village={line} sheet={sheetOf(line)} tolerance={tolerance} /> : <GridLine key={line.code} grid={line} />))}
      </ul>
    </div>
  )
}

interface Props {
  data: PlanGrids
  part: Part
  paper: Paper
  way: Way
  of: number
  sheetOf: KeyProps['sheetOf']
}

/** Map and key side by side, upright one above the other; the key's further lines follow on sheets of their own. */
export function Keyed({ data, part, sheetOf, children }: Pick<Props, 'data' | 'part' | 'sheetOf'> & { children: ComponentChildren }): JSX.Element {
  return (
    <div class="print-keyed">
      {children}
      {part.key?.[0] && <Key lines={part.key[0]} tolerance={data.tolerance} sheetOf={sheetOf} />}
    </div>
  )
}

/** The sheets on which a long key goes on. */
export function MoreKeys({ data, part, paper, way, of, sheetOf, title }: Props & { title: string }): JSX.Element {
  const { height } = frameOf(paper, way)
  return (
    <>
      {(part.key ?? []).slice(1).map((lines, k) => (
        <article key={k} class={`print-sheet ${paper}-${way}`} aria-label={`${t('life.sheet')} ${part.at + k + 1}: ${title}`} data-testid="print-more-key">
          <SheetHead title={t('life.keyMore', { name: title })} words={[data.plan.name]} at={part.at + k + 1} of={of} />
          <div class="print-keyed" style={{ height: `${height}mm` }}>
            <Key lines={lines} tolerance={data.tolerance} sheetOf={sheetOf} />
          </div>
        </article>
      ))}
    </>
  )
}

/** The sheet of a village: its grids by number on the map and in the key, its sums, and the block for signatures and seal. */
export function VillagePage({ shot, village, ...props }: Props & { shot: Shot; village: Village }): JSX.Element {
  const { data, part, paper, way, of } = props
  const { plan } = data
  const words = [code(village.code), tOr(`status.${plan.status}`, plan.status), plan.name]
  return (
    <>
      <article class={`print-sheet ${paper}-${way}`} aria-label={`${t('life.sheet')} ${part.at}: ${village.name}`} data-testid="print-village">
        <SheetHead title={village.name} words={words} at={part.at} of={of} scale={shot.scale} />
        <Keyed {...props}>
          <MapFrame frame={frameFor(part, paper, way)} image={shot.image} scale={shot.scale} name={village.name} />
        </Keyed>
        <footer>
          <div class="print-notes">
            {mapTheme.value === 'deviation' && <Ramp data={data} grids={village.grids} />}
            <p>
              {sums(village.grids, data.tolerance)}
              {plan.basis && ` · ${t('planner.basis')}: ${plan.basis}`}
            </p>
            {shot.unnumbered > 0 && <p>{t('life.unnumberedVillage', { n: number(shot.unnumbered) })}</p>}
            {sources.value && <p>{t('life.source', { name: sources.value })}</p>}
          </div>
          <Seal data={data} />
        </footer>
      </article>
      <MoreKeys {...props} title={village.name} />
    </>
  )
}
