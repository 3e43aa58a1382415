import type { JSX } from 'preact'
import { t } from '../../i18n'
import { code, number } from '../../i18n/format'
import { bboxOf } from '../../map/geometry'
import { listMode, store } from '../../map/store'
import { DataTable, ordered, readOrder, writeOrder, type Column, type Order } from '../../ui/DataTable'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { dayOf } from '../planner/life/words'
import { bright, dated, type DayArea } from './areas'
import { kindName } from './words'

const BY_CODE: Order = { column: 'code', down: false }

const keyOf = (row: DayArea): string => `${row.kind} ${row.code}`

function columns(): Column<DayArea>[] {
  return [
    { id: 'code', head: t('camera.code'), sort: (row) => row.code, cell: (row) => <span class="num">{code(row.code)}</span> },
    { id: 'name', head: t('grid.name'), sort: (row) => row.name, cell: (row) => <span class="figure-name ellipsis">{row.name}</span> },
    { id: 'kind', head: t('areas.kindOf'), sort: (row) => row.kind, cell: (row) => kindName(row.kind) },
  ]
}

/** Areas that are, were or will be valid on the day of the address, in step with the map. */
export function DayAreas(): JSX.Element {
  const now = dated.data.value
  if (dated.error.value) {
    return (
      <div class="pad">
        <ErrorNote error={dated.error.value} retry={() => void dated.load()} />
      </div>
    )
  }
  if (!now) return <Skeleton />
  const order = readOrder(store.sort.value, BY_CODE)
  const cols = columns()
  const chosen = now.rows.find((row) => row.code === bright.value)
  const show = (key: string): void => {
    const row = now.rows.find((one) => keyOf(one) === key)
    bright.value = row?.code ?? null
    if (row) store.goTo.value = { bbox: bboxOf(row.geometry) }
  }
  return (
    <>
      <div class="row pad-row area-tools">
        <p class="small second grow" role="status">
          {t('areas.day.says', { day: dayOf(now.day), n: number(now.rows.length) })}
        </p>
        <button type="button" class="button" onClick={() => (store.at.value = null)}>
          {t('life.asOfNow')}
        </button>
      </div>
      {now.rows.length === 0 ? (
        <div id="table" tabIndex={-1}>
          <Empty title={t('areas.day.none')} hint={t('areas.day.noneHint')} />
        </div>
      ) : (
        <div class="table-box">
          <DataTable id="table" caption={t('areas.day.title', { day: dayOf(now.day) })} columns={cols} rows={ordered(now.rows, cols, order)} keyOf={keyOf} selected={chosen ? keyOf(chosen) : null} order={order} onOrder={(next) => (store.sort.value = writeOrder(next))} onSelect={show} tall={listMode.value} />
        </div>
      )}
    </>
  )
}
