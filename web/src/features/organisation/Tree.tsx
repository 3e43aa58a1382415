import type { JSX } from 'preact'
import { t } from '../../i18n'
import { code, number } from '../../i18n/format'
import { store } from '../../map/store'
import { ErrorNote, Skeleton } from '../../ui/states'
import { tree, type Area, type Unit } from './organisation'

interface Node<Row> {
  row: Row
  below: Node<Row>[]
}

/** Rows as a tree by their parents; one whose parent is not there stands at the top. */
function nested<Row extends { id: string; parent_id: string | null }>(rows: readonly Row[]): Node<Row>[] {
  const nodes = new Map(rows.map((row) => [row.id, { row, below: [] as Node<Row>[] }]))
  const top: Node<Row>[] = []
  for (const node of nodes.values()) {
    const above = node.row.parent_id ? nodes.get(node.row.parent_id) : undefined
    ;(above ? above.below : top).push(node)
  }
  return top
}

/** Own figures with those of everything below. */
function sums(node: Node<Area>): { grids: number; vacant: number; staff: number } {
  const mine = { grids: node.row.grids, vacant: node.row.vacant, staff: node.row.staff }
  for (const each of node.below) {
    const more = sums(each)
    mine.grids += more.grids
    mine.vacant += more.vacant
    mine.staff += more.staff
  }
  return mine
}

function AreaRow({ node, deep }: { node: Node<Area>; deep: number }): JSX.Element {
  const { grids, vacant, staff } = sums(node)
  const chosen = store.area.value === node.row.code
  return (
    <li>
      <button
        type="button"
        class={`org-node ${chosen ? 'pressed' : ''}`}
        aria-pressed={chosen}
        style={{ paddingInlineStart: `${8 + deep * 16}px` }}
        onClick={() => (store.area.value = chosen ? null : node.row.code)}
      >
        <span class="grow ellipsis">
          {node.row.name} <span class="num muted small">{code(node.row.code)}</span>
        </span>
        <span class="small second">
          {t('org.grids')} <b class="num">{number(grids)}</b> · {t('org.staffCount')} <b class="num">{number(staff)}</b>
        </span>
        {vacant > 0 && <span class="chip wn">{`${t('org.vacant')} ${number(vacant)}`}</span>}
      </button>
      {node.below.length > 0 && (
        <ul>
          {node.below.map((each) => (
            <AreaRow key={each.row.id} node={each} deep={deep + 1} />
          ))}
        </ul>
      )}
    </li>
  )
}

function UnitRow({ node, deep }: { node: Node<Unit>; deep: number }): JSX.Element {
  const { row } = node
  return (
    <li>
      <p class="org-node" style={{ paddingInlineStart: `${8 + deep * 16}px` }}>
        <span class="grow ellipsis">
          {row.name} <span class="num muted small">{row.code}</span>
        </span>
        <span class="small second">
          {row.area_name && `${row.area_name} · `}
          {t('org.staffCount')} <b class="num">{number(row.staff)}</b>
        </span>
      </p>
      {node.below.length > 0 && (
        <ul>
          {node.below.map((each) => (
            <UnitRow key={each.row.id} node={each} deep={deep + 1} />
          ))}
        </ul>
      )}
    </li>
  )
}

/** The tree of areas with grids, vacancies and staff, and the tree of units. */
export function Tree(): JSX.Element {
  const found = tree.data.value
  if (tree.error.value) return <ErrorNote error={tree.error.value} retry={() => void tree.load()} />
  if (!found) return <Skeleton />
  return (
    <div id="table" class="org-scroll" tabIndex={0} role="region" aria-label={t('org.tree')}>
      <h2 class="org-head">{t('org.areas')}</h2>
      <ul class="org-tree">
        {nested(found.areas).map((node) => (
          <AreaRow key={node.row.id} node={node} deep={0} />
        ))}
      </ul>
      <h2 class="org-head">{t('org.units')}</h2>
      {found.units.length === 0 && <p class="small second pad">{t('org.noUnits')}</p>}
      <ul class="org-tree">
        {nested(found.units).map((node) => (
          <UnitRow key={node.row.id} node={node} deep={0} />
        ))}
      </ul>
    </div>
  )
}
