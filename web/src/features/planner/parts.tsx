/** What the panels of the planner desk have in common: tabs, the table of grids, what is chosen, what there is to mend. */
import type { ComponentChildren, JSX } from 'preact'
import type { Box } from '../../api/types'
import { t } from '../../i18n'
import { gridNumber, number } from '../../i18n/format'
import { listMode, store } from '../../map/store'
import { DataTable, writeOrder, type Column, type Order } from '../../ui/DataTable'
import { Icon } from '../../ui/Icon'
import { tab, type Tab } from './slots'

const WAYS: Record<string, (k: number, n: number) => number> = {
  ArrowRight: (k, n) => (k + 1) % n,
  ArrowLeft: (k, n) => (k + n - 1) % n,
  Home: () => 0,
  End: (_, n) => n - 1,
}

/** The tabs of a panel: arrows go from one to the next. */
export function Tabs({ tabs, now }: { tabs: readonly Tab[]; now: string }): JSX.Element {
  const onKeyDown = (event: KeyboardEvent, k: number): void => {
    const next = WAYS[event.key]?.(k, tabs.length)
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    tab.value = tabs[next]?.id ?? now
    ;(event.currentTarget as HTMLElement).parentElement?.querySelectorAll<HTMLElement>('[role="tab"]')[next]?.focus()
  }
  return (
    <div class="tabs" role="tablist">
      {tabs.map(({ id, name, count, tone }, k) => (
        <button
          key={id}
          type="button"
          role="tab"
          aria-selected={now === id}
          tabIndex={now === id ? 0 : -1}
          class={now === id ? 'panel-focus' : ''}
          onClick={() => (tab.value = id)}
          onKeyDown={(event) => onKeyDown(event, k)}
        >
          {name} {typeof count === 'number' && <span class={`chip round ${tone ?? ''}`}>{number(count)}</span>}
        </button>
      ))}
    </div>
  )
}

interface StoreTableProps<Row> {
  caption: string
  columns: Column<Row>[]
  rows: Row[]
  codeOf: (row: Row) => string
  order: Order
  pinned?: ReadonlySet<string>
  rowLabel?: (row: Row) => string
}

/** A table whose rows are grids: one selection with the map, and an order that the address keeps. */
export function StoreTable<Row>({ codeOf, ...rest }: StoreTableProps<Row>): JSX.Element {
  return (
    <DataTable
      id="table"
      {...rest}
      keyOf={codeOf}
      selected={store.grid.value}
      hovered={store.hover.value}
      tall={listMode.value}
      onOrder={(next) => (store.sort.value = writeOrder(next))}
      onSelect={(code) => (store.grid.value = code)}
      onHover={(code) => (store.hover.value = code)}
    />
  )
}

/** What is selected: its number and name, what can be done with it, and its figures. */
export function Selected(props: { label: string; code: string; name: ComponentChildren; bbox: Box | number[]; actions?: ComponentChildren; children: ComponentChildren }): JSX.Element {
  return (
    <section class="selected-grid" aria-label={props.label}>
      <div class="row">
        <span class="strong">{gridNumber(props.code)}</span>
        <span class="grow ellipsis">{props.name}</span>
        {props.actions}
        <button type="button" class="button icon-only" aria-label={t('common.zoomTo')} data-tip={`${t('common.zoomTo')}  Z`} onClick={() => (store.goTo.value = { bbox: props.bbox as Box })}>
          <Icon name="target" />
        </button>
      </div>
      {props.children}
    </section>
  )
}

export interface Finding {
  key: string
  code: string | null
  name: string
  words: string
  bad: boolean
}

/** Something to mend: where, what, and the one repair that there is for it. */
export function FindingRow(props: { of: Finding; current?: boolean; onGo: () => void; repair?: { words: string; act: () => void } | undefined }): JSX.Element {
  const { code, name, words, bad } = props.of
  return (
    <li class="finding">
      <button type="button" class="answer-row" aria-current={props.current} onClick={props.onGo}>
        <span class={bad ? 'bad' : 'warnish'}>
          <Icon name={bad ? 'alert' : 'warning'} title={t(bad ? 'life.blocks' : 'life.warns')} />
        </span>
        {code && <span class="strong">{gridNumber(code)}</span>}
        {name && <span class="ellipsis check-name">{name}</span>}
        <span class="grow small second check-words">{words}</span>
      </button>
      {props.repair && (
        <button type="button" class="link" onClick={props.repair.act}>
          {props.repair.words}
        </button>
      )}
    </li>
  )
}

/** Nothing to mend. */
export function AllClear({ words }: { words: string }): JSX.Element {
  return (
    <p class="note ok">
      <Icon name="check" />
      {words}
    </p>
  )
}
