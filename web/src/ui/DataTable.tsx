import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { Icon } from './Icon'
import { scrollerOf, scrollToRow, useWindow } from './windowed'

export interface Column<Row> {
  id: string
  head: string
  title?: string
  numeric?: boolean
  /** Sort key; a column without one cannot be sorted. */
  sort?: (row: Row) => number | string
  cell: (row: Row) => ComponentChildren
  /** In the row of sums. */
  total?: ComponentChildren
  /** Only in list mode, where the table has the width of the page. */
  wide?: boolean
  /** Gives way to the others where the panel is narrow. */
  spare?: boolean
}
export interface Order {
  column: string
  down: boolean
}
interface TableProps<Row> {
  id: string
  caption: string
  columns: Column<Row>[]
  rows: Row[]
  keyOf: (row: Row) => string
  selected: string | null
  hovered?: string | null
  order: Order
  onOrder: (order: Order) => void
  onSelect: (key: string) => void
  onHover?: (key: string | null) => void
  onOpen?: (key: string) => void
  /** Enter on a row, whether it was chosen before or not. */
  onEnter?: (key: string) => void
  tall?: boolean
  /** J and K walk the rows too; elsewhere they are the desk's. */
  letters?: boolean
  /** Rows that something is being done to. */
  pinned?: ReadonlySet<string>
  rowLabel?: (row: Row) => string
}

const classOf = <Row,>({ numeric, spare }: Column<Row>): string => [numeric && 'num', spare && 'spare'].filter(Boolean).join(' ')

/** Rows in the order asked for; equal keys keep their order. */
export function ordered<Row>(rows: readonly Row[], columns: readonly Column<Row>[], order: Order): Row[] {
  const sort = columns.find((column) => column.id === order.column)?.sort
  if (!sort) return [...rows]
  const way = order.down ? -1 : 1
  return [...rows].sort((a, b) => {
    const [x, y] = [sort(a), sort(b)]
    if (typeof x === 'string' || typeof y === 'string') return way * String(x).localeCompare(String(y), undefined, { numeric: true })
    return way * (x - y)
  })
}

/** `column` or `-column` of the address. */
export function readOrder(text: string | null, fallback: Order): Order {
  if (!text) return fallback
  return text.startsWith('-') ? { column: text.slice(1), down: true } : { column: text, down: false }
}
export const writeOrder = (order: Order): string => (order.down ? `-${order.column}` : order.column)

const ROW_PX = 28
const TALL_PX = 36

/** Stands for the rows that are not drawn. */
function Gap({ height, columns }: { height: number; columns: number }): JSX.Element {
  return (
    <tr class="gap" aria-hidden="true">
      <td colSpan={columns} style={{ height: `${height}px` }} />
    </tr>
  )
}

/** A table in step with the map: arrows move the selection, hovering shows the thing on the map. */
export function DataTable<Row>(props: TableProps<Row>): JSX.Element {
  const { columns, rows, keyOf, selected, order } = props
  const body = useRef<HTMLTableSectionElement>(null)
  const { from, until, row: rowPx } = useWindow(body, rows.length, props.tall ? TALL_PX : ROW_PX)
  const drawn = rows.slice(from, until)
  const focusKey = drawn.some((row) => keyOf(row) === selected) ? selected : drawn[0] ? keyOf(drawn[0]) : null
  const whole = from === 0 && until === rows.length

  useEffect(() => {
    if (whole) body.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
    else if (body.current && selected !== null) {
      const at = rows.findIndex((row) => keyOf(row) === selected)
      if (at >= 0) scrollToRow(body.current, at, rowPx)
    }
  }, [selected])
  const held = (props.pinned?.size ?? 0) > 0
  useEffect(() => {
    const box = body.current?.closest('.table-box')
    // what the hand changes stands at the top
    if (held && box && box === scrollerOf(body.current)) box.scrollTop = 0
  }, [held])

  const inside = useRef<string | null>(null)
  useLayoutEffect(() => {
    if (inside.current === null || document.activeElement !== document.body) return
    // the row that had the focus went away, or to another place: the next key must find one
    const row = body.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(inside.current)}"]`) ?? body.current?.querySelector<HTMLElement>('[tabindex="0"]')
    row?.focus({ preventScroll: true })
  })

  /** A row far down is drawn a frame later than it is chosen. */
  const focusSoon = (key: string, tries = 4): void => {
    requestAnimationFrame(() => {
      // the next key may have gone elsewhere meanwhile
      const { activeElement } = document
      if (activeElement !== document.body && !body.current?.contains(activeElement)) return
      const row = body.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)
      if (row) row.focus({ preventScroll: !whole })
      else if (tries > 0) focusSoon(key, tries - 1)
    })
  }
  const move = (key: string, step: number): void => {
    const at = rows.findIndex((row) => keyOf(row) === key) + step
    const next = rows[Math.min(Math.max(at, 0), rows.length - 1)]
    if (!next) return
    props.onSelect(keyOf(next))
    focusSoon(keyOf(next))
  }
  const onKeyDown = (event: KeyboardEvent, key: string): void => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12, Home: -1e6, End: 1e6, ...(props.letters ? { j: 1, k: -1 } : {}) }
    const step = steps[event.key]
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (step !== undefined) {
      event.preventDefault()
      move(key, step)
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      props.onSelect(key)
      if (event.key === 'Enter') {
        props.onOpen?.(key)
        props.onEnter?.(key)
      }
    }
  }
  const total = columns.some((column) => column.total !== undefined)
  return (
    <table id={props.id} class={`table ${props.tall ? 'tall' : ''}`} role="grid" aria-rowcount={rows.length + 1}>
      <caption class="visually-hidden">{props.caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => {
            const active = order.column === column.id
            const sorted = active ? (order.down ? 'descending' : 'ascending') : undefined
            return (
              <th key={column.id} scope="col" class={classOf(column)} aria-sort={sorted} title={column.title}>
                {column.sort ? (
                  <button
                    type="button"
                    onClick={() => props.onOrder({ column: column.id, down: active ? !order.down : Boolean(column.numeric) })}
                  >
                    {column.head}
                    {active && <Icon name={order.down ? 'sortDown' : 'sortUp'} />}
                  </button>
                ) : (
                  column.head
                )}
              </th>
            )
          })}
        </tr>
      </thead>
      <tbody ref={body}>
        {from > 0 && <Gap height={from * rowPx} columns={columns.length} />}
        {drawn.map((row, k) => {
          const key = keyOf(row)
          return (
            <tr
              key={key}
              data-key={key}
              tabIndex={key === focusKey ? 0 : -1}
              aria-rowindex={whole ? undefined : from + k + 2}
              aria-selected={key === selected}
              aria-label={props.rowLabel?.(row)}
              class={`${key === props.hovered ? 'hovered' : ''} ${props.pinned?.has(key) ? 'pinned' : ''}`.trim()}
              onClick={() => {
                props.onSelect(key)
                props.onOpen?.(key)
              }}
              onKeyDown={(event) => onKeyDown(event, key)}
              onFocus={() => (inside.current = key)}
              onBlur={(event) => event.relatedTarget && (inside.current = null)}
              onMouseEnter={() => props.onHover?.(key)}
              onMouseLeave={() => props.onHover?.(null)}
            >
              {columns.map((column) => (
                <td key={column.id} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          )
        })}
        {until < rows.length && <Gap height={(rows.length - until) * rowPx} columns={columns.length} />}
      </tbody>
      {total && (
        <tfoot>
          <tr>
            {columns.map((column) => (
              <td key={column.id} class={classOf(column)}>
                {column.total}
              </td>
            ))}
          </tr>
        </tfoot>
      )}
    </table>
  )
}
