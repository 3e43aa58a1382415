import type { JSX } from 'preact'
import { limited } from '../../api/rights'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { listMode, store } from '../../map/store'
import { DataTable, ordered, readOrder, writeOrder, type Column, type Order } from '../../ui/DataTable'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { StatusChip } from '../planner/life/StatusChip'
import { dayOf } from '../planner/life/words'
import { areas, changes, type AreaChange } from './areas'

const NEWEST: Order = { column: '', down: true }

const counts = (one: AreaChange): { ended: number; new: number } => one.figures as { ended: number; new: number }

function columns(): Column<AreaChange>[] {
  return [
    { id: 'name', head: t('areas.decision'), sort: (one) => one.name, cell: (one) => <span class="change-name ellipsis">{one.name}</span> },
    { id: 'state', head: t('areas.state'), sort: (one) => one.status, cell: (one) => <StatusChip status={one.status} /> },
    { id: 'day', head: t('areas.firstDay'), sort: (one) => one.effective_on ?? '9999', cell: (one) => dayOf(one.effective_on) },
    {
      id: 'areas',
      head: t('areas.endBegin'),
      title: t('areas.endBeginTitle'),
      numeric: true,
      sort: (one) => counts(one).ended,
      cell: (one) => `${number(counts(one).ended)} → ${number(counts(one).new)}`,
    },
  ]
}

/** All change sets of the territory, newest first. */
export function ChangeList(): JSX.Element {
  const all = changes.data.value
  if (changes.error.value) {
    return (
      <div class="pad">
        <ErrorNote error={changes.error.value} retry={() => void changes.load()} />
      </div>
    )
  }
  if (limited.value) return <p class="pad small second">{t('areas.wholeOnly')}</p>
  if (!all) return <Skeleton />
  const order = readOrder(store.sort.value, NEWEST)
  const cols = columns()
  return (
    <>
      <p class="note info narrow-note">{t('areas.look')}</p>
      <p class="pad-row small second area-count">{t('areas.present', { n: number(areas.data.value?.length) })}</p>
      {all.length === 0 ? (
        <div id="table" tabIndex={-1}>
          <Empty title={t('areas.none')} hint={t('areas.noneHint')} />
        </div>
      ) : (
        <div class="table-box">
          <DataTable
            id="table"
            caption={t('areas.sets')}
            columns={cols}
            rows={ordered(all, cols, order)}
            keyOf={(one) => one.id}
            selected={null}
            order={order}
            onOrder={(next) => (store.sort.value = writeOrder(next))}
            onSelect={() => undefined}
            onOpen={(id) => (store.part.value = id)}
            tall={listMode.value}
          />
        </div>
      )}
    </>
  )
}
