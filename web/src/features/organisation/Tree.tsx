import type { JSX } from 'preact'
import { t } from '../../i18n'
import { code, number } from '../../i18n/format'
import { store } from '../../map/store'
import { ErrorNote, Skeleton } from '../../ui/states'
import { tree, type Area } from './organisation'
import { nested, type Node } from './trees'
import { Units } from './Units'

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
        {vacant > 0 && <span class="chip warn">{`${t('org.vacant')} ${number(vacant)}`}</span>}
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
      <Units />
    </div>
  )
}
