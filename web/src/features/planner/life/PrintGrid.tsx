/** The sheet of one grid, for the hand that takes it over: its map among its neighbours, its figures, who answers. */
import type { JSX } from 'preact'
import type { Grid, PlanGrids } from '../../../api/types'
import { t, tOr } from '../../../i18n'
import { code, gridNumber, number, signed } from '../../../i18n/format'
import { sources } from '../../../map/basemap'
import { mapTheme } from '../../../map/store'
import { frameOf, type Paper, type Way } from './paper'
import { MapFrame, Ramp, Seal, SheetHead } from './PrintParts'
import type { Shot } from './sheets'

const HECTARE_M2 = 10_000

interface Props {
  data: PlanGrids
  grid: Grid
  shot: Shot
  paper: Paper
  way: Way
  /** Its number among the sheets, and how many there are. */
  at: number
  of: number
}

export function GridPage({ data, grid, shot, paper, way, at, of }: Props): JSX.Element {
  const { plan } = data
  const name = `${gridNumber(grid.code)} ${grid.name}`.trim()
  const village = data.grids.filter((one) => one.area_code === grid.area_code)
  const words = [code(grid.code), tOr(`status.${plan.status}`, plan.status), plan.name, !plan.name.includes(grid.area_name) && grid.area_name]
  return (
    <article class={`print-sheet ${paper}-${way}`} aria-label={`${t('life.sheet')} ${at}: ${name}`} data-testid="print-grid">
      <SheetHead title={name} words={words} at={at} of={of} scale={shot.scale} />
      <MapFrame frame={frameOf(paper, way)} image={shot.image} scale={shot.scale} name={name} />
      <footer>
        <div class="print-notes">
          {mapTheme.value === 'deviation' && <Ramp data={data} grids={village} />}
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
