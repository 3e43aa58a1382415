import type { Grid, PlanGrids } from '../../api/types'
import { t } from '../../i18n'
import { code, gridNumber, number, signed } from '../../i18n/format'
import type { Column } from '../../ui/DataTable'
import { Icon } from '../../ui/Icon'
import { DeviationBar, DeviationSwatch } from './DeviationBar'

const HECTARE_M2 = 10_000

/** Columns of the grid table of a plan, with the sums. */
export function gridColumns(data: PlanGrids, wide: boolean): Column<Grid>[] {
  const households = data.grids.reduce((all, grid) => all + grid.households, 0)
  // numbers begin anew in every village: its name tells them apart
  const villages = new Set(data.grids.map((grid) => grid.area_code)).size > 1
  const area = data.grids.reduce((all, grid) => all + grid.area_m2, 0)
  const compactness: Column<Grid> = {
    id: 'compactness',
    head: t('grid.compactness'),
    title: t('grid.compactnessTitle'),
    numeric: true,
    spare: !wide,
    sort: (grid) => grid.compactness ?? 0,
    cell: (grid) => <span class="muted">{number(grid.compactness, 2)}</span>,
  }
  const village: Column<Grid> = { id: 'areaName', head: t('cov.areaName'), spare: !wide, sort: (grid) => grid.area_name ?? '', cell: (grid) => <span class="ellipsis">{grid.area_name ?? '–'}</span> }
  const columns: Column<Grid>[] = [
    {
      id: 'grid',
      head: t('grid.grid'),
      sort: (grid) => grid.code,
      total: 'Σ',
      cell: (grid) => (
        <span class="gridname">
          <DeviationSwatch deviation={grid.deviation} tolerance={data.tolerance} />
          <span class="strong">{gridNumber(grid.code)}</span>
          <span class="ellipsis">{grid.name}</span>
          {grid.locked && <Icon name="lock" title={t('grid.locked')} />}
          {grid.exclave && (
            <span class="chip outline" title={t('grid.exclaveTitle')}>
              {t('grid.exclave')}
            </span>
          )}
        </span>
      ),
    },
    { id: 'households', head: t('grid.households'), numeric: true, sort: (grid) => grid.households, cell: (grid) => number(grid.households), total: number(households) },
    {
      id: 'deviation',
      head: t('grid.deviation'),
      numeric: true,
      sort: (grid) => Math.abs(grid.deviation ?? 0),
      cell: (grid) => (
        <span class="bar-cell">
          {/* names need the room beside their villages: swatch, sign and figure say what the bar says */}
          {(!villages || wide) && <DeviationBar deviation={grid.deviation} tolerance={data.tolerance} />}
          <span>{signed(grid.deviation)}</span>
        </span>
      ),
    },
    { id: 'area', head: t('grid.area'), numeric: true, sort: (grid) => grid.area_m2, cell: (grid) => number(grid.area_m2 / HECTARE_M2, 1), total: number(area / HECTARE_M2, 1) },
    villages && !wide ? village : compactness,
  ]
  if (!wide) return columns
  return [
    ...columns,
    { id: 'head', head: t('grid.head'), sort: (grid) => grid.head?.work_no ?? '', cell: (grid) => grid.head?.work_no ?? <span class="chip warn">{t('grid.vacant')}</span> },
    { id: 'code', head: t('camera.code'), sort: (grid) => grid.code, cell: (grid) => code(grid.code) },
    village,
  ]
}
