import { t, tOr } from '../../../i18n'
import { code, gridNumber, number, signed } from '../../../i18n/format'
import type { Column } from '../../../ui/DataTable'
import { DeviationBar, DeviationSwatch } from '../DeviationBar'
import { landWords, type PlanReaches, type Reach } from './water'

/** Columns of the table of reaches, with the sum of metres. */
export function reachColumns(data: PlanReaches, wide: boolean): Column<Reach>[] {
  const metres = data.reaches.reduce((all, reach) => all + reach.length_m, 0)
  const columns: Column<Reach>[] = [
    {
      id: 'reach',
      head: t('water.reach'),
      sort: (reach) => reach.code,
      total: 'Σ',
      cell: (reach) => (
        <span class="gridname">
          <DeviationSwatch deviation={reach.deviation} tolerance={data.tolerance} />
          <span class="strong">{gridNumber(reach.code)}</span>
          <span class="ellipsis">{reach.river}</span>
          {reach.exclave && (
            <span class="chip outline" title={t('grid.exclaveTitle')}>
              {t('grid.exclave')}
            </span>
          )}
        </span>
      ),
    },
    { id: 'metres', head: t('water.metres'), numeric: true, sort: (reach) => reach.length_m, cell: (reach) => number(reach.length_m), total: number(metres) },
    {
      id: 'deviation',
      head: t('grid.deviation'),
      numeric: true,
      sort: (reach) => Math.abs(reach.deviation),
      cell: (reach) => (
        <span class="bar-cell">
          <DeviationBar deviation={reach.deviation} tolerance={data.tolerance} />
          <span>{signed(reach.deviation)}</span>
        </span>
      ),
    },
    { id: 'land', head: t('water.landGrids'), cell: (reach) => <span class="muted">{landWords(reach)}</span> },
    {
      id: 'warden',
      head: t('water.warden'),
      sort: (reach) => reach.head?.work_no ?? '',
      cell: (reach) => reach.head?.work_no ?? <span class="chip warn">{t('water.vacant')}</span>,
    },
  ]
  if (!wide) return columns
  return [
    ...columns,
    { id: 'code', head: t('camera.code'), sort: (reach) => reach.code, cell: (reach) => code(reach.code) },
    { id: 'areaName', head: t('kind.area'), sort: (reach) => reach.area_name, cell: (reach) => reach.area_name },
    { id: 'why', head: t('water.why'), sort: (reach) => reach.unfit_reason, cell: (reach) => (reach.unfit_reason ? tOr(`water.why.${reach.unfit_reason}`, reach.unfit_reason) : '') },
  ]
}
