import type { JSX } from 'preact'
import { gridByCode } from '../../api/data'
import { t } from '../../i18n'
import { code, number } from '../../i18n/format'
import { listMode, store } from '../../map/store'
import { DataTable, ordered, readOrder, writeOrder, type Column, type Order } from '../../ui/DataTable'
import { Icon } from '../../ui/Icon'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { mayStaff, ruleName, shown, vacancies, wanted, type Vacancy } from './organisation'

const BY_CODE: Order = { column: 'code', down: false }
const columns = (): Column<Vacancy>[] => [
  { id: 'code', head: t('org.place'), sort: (row) => row.code, cell: (row) => <span class="num">{code(row.code)}</span> },
  { id: 'name', head: t('grid.name'), sort: (row) => row.name, cell: (row) => <span class="ellipsis org-cell">{row.name}</span>, wide: true },
  { id: 'lacking', head: t('org.lacking'), numeric: true, sort: (row) => row.lacking, cell: (row) => number(row.lacking), total: number(shown.value.reduce((sum, row) => sum + row.lacking, 0)) },
  { id: 'rule', head: t('org.rule'), sort: (row) => row.rule, cell: (row) => <span class="ellipsis org-cell">{ruleName(row.rule)}</span> },
  { id: 'households', head: t('org.households'), numeric: true, sort: (row) => row.households, cell: (row) => number(row.households) },
]

/** What is vacant on the day that is looked at, in step with the map. */
export function Vacancies(): JSX.Element {
  const found = vacancies.data.value
  if (vacancies.error.value) return <ErrorNote error={vacancies.error.value} retry={() => void vacancies.load()} />
  if (!found) return <Skeleton />
  const rows = shown.value
  const order = readOrder(store.sort.value, BY_CODE)
  const cols = columns()
  const chosen = rows.find((row) => row.place === 'grid' && row.code === store.grid.value)
  return (
    <>
      <ul class="org-sums pad" aria-label={t('org.rule')}>
        {found.rules.map((rule) => (
          <li key={rule.rule}>{t('org.ruleLacks', { rule: ruleName(rule.rule), n: number(rule.lacking) })}</li>
        ))}
      </ul>
      {rows.length === 0 ? (
        <div id="table" tabIndex={-1}>
          <Empty icon="people" title={t('org.allHeld')} hint={t('org.allHeldHint')} />
        </div>
      ) : (
        <div class="table-box">
          <DataTable
            id="table"
            caption={t('org.vacancies')}
            columns={cols}
            rows={ordered(rows, cols, order)}
            keyOf={(row) => `${row.rule} ${row.code}`}
            selected={chosen ? `${chosen.rule} ${chosen.code}` : null}
            order={order}
            onOrder={(next) => (store.sort.value = writeOrder(next))}
            onSelect={(key) => {
              const row = rows.find((each) => `${each.rule} ${each.code}` === key)
              if (!row) return
              store.grid.value = row.place === 'grid' ? row.code : null
              store.goTo.value = { at: [row.lon, row.lat], zoom: row.place === 'grid' ? 15 : 13 }
            }}
            rowLabel={(row) => `${row.code} ${row.name}`}
            tall={listMode.value}
          />
        </div>
      )}
      {chosen && mayStaff.value && gridByCode.value.has(chosen.code) && (
        <div class="row pad-row">
          <button
            type="button"
            class="button primary"
            onClick={() => {
              wanted.value = { role: chosen.role, grid: chosen.code }
              store.part.value = 'staff'
            }}
          >
            <Icon name="person" />
            {t('org.fill')}
          </button>
        </div>
      )}
      {found.absent.length > 0 && (
        <section class="pad">
          <h2 class="org-head">{t('org.away')}</h2>
          <ul class="small">
            {found.absent.map((each) => (
              <li key={each.grid_id}>
                {t('org.awayLine', { grid: code(each.code), head: each.head, who: each.deputies.length ? t('org.standIn', { names: each.deputies.join(', ') }) : t('org.noStandIn') })}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}
