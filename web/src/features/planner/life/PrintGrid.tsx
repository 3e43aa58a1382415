/** The sheet of one grid, for the hand that takes it over: its map among its neighbours, its figures, who answers. */
import type { JSX } from 'preact'
import { territory } from '../../../api/data'
import type { Box, Grid, PlanGrids } from '../../../api/types'
import { t, tOr } from '../../../i18n'
import { code, gridNumber, moment, number, signed } from '../../../i18n/format'
import { sources } from '../../../map/basemap'
import { metresBetween } from '../../../map/geometry'
import { mapTheme } from '../../../map/store'
import { frameOf, gridScale, type Frame, type Paper, type Way } from './paper'
import { MapFrame, Ramp, Seal } from './PrintParts'

export interface GridSheet {
  grid: Grid
  image: string
  scale: number
}

const HECTARE_M2 = 10_000

/** Width and height of a box in metres, across its middle. */
export function metresOf([west, south, east, north]: Box): [number, number] {
  const lat = (south + north) / 2
  return [metresBetween([west, lat], [east, lat]), metresBetween([west, south], [west, north])]
}

/** Where the map of a grid's sheet looks, and its scale. */
export function gridView(grid: Grid, frame: Frame): { center: [number, number]; scale: number } {
  const [west, south, east, north] = grid.bbox
  const [across, down] = metresOf(grid.bbox)
  return { center: [(west + east) / 2, (south + north) / 2], scale: gridScale(across, down, frame) }
}

interface Props {
  data: PlanGrids
  sheet: GridSheet
  paper: Paper
  way: Way
  /** Its number among the sheets, and how many there are. */
  at: number
  of: number
}

export function GridPage({ data, sheet, paper, way, at, of }: Props): JSX.Element {
  const { plan } = data
  const { grid } = sheet
  const name = `${gridNumber(grid.code)} ${grid.name}`.trim()
  return (
    <article class={`print-sheet ${paper}-${way}`} aria-label={`${t('life.sheet')} ${at}: ${name}`} data-testid="print-grid">
      <header>
        <div>
          <h2>{name}</h2>
          <p>{[code(grid.code), tOr(`status.${plan.status}`, plan.status), plan.name, !plan.name.includes(grid.area_name) && grid.area_name].filter(Boolean).join(' · ')}</p>
        </div>
        <div class="right">
          <p>
            Gridward · {of > 1 && `${t('life.sheetOf', { at: number(at), of: number(of) })} · `}
            {t('life.printedAt', { at: moment(new Date().toISOString(), new Date(0)) })}
          </p>
          <p>
            {territory.value && `EPSG:${territory.value.metric_srid} · `}1 : {number(sheet.scale)}
          </p>
        </div>
      </header>
      <MapFrame frame={frameOf(paper, way)} image={sheet.image} scale={sheet.scale} name={name} />
      <footer>
        <div class="print-notes">
          {mapTheme.value === 'deviation' && <Ramp data={data} />}
          <p>
            <span class="print-mine" aria-hidden="true" />
            {t('life.gridSums', {
              households: number(grid.households),
              doors: number(grid.dwellings),
              deviation: `${signed(grid.deviation)} %`,
              area: number(grid.area_m2 / HECTARE_M2, 1),
              head: grid.head ? `${grid.head.work_no} ${grid.head.name ?? ''}`.trim() : t('grid.vacant'),
            })}
            {plan.basis && ` · ${t('planner.basis')}: ${plan.basis}`}
          </p>
          {sources.value && <p>{t('life.source', { name: sources.value })}</p>}
        </div>
        <Seal data={data} handing />
      </footer>
    </article>
  )
}
