import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Incident } from '../../api/types'
import { t } from '../../i18n'
import { moment, number } from '../../i18n/format'
import { store } from '../../map/store'
import { ClockRing } from '../../ui/ClockRing'
import { clockOfCase, clockWords, colourNow } from '../../ui/clocks'
import { Icon } from '../../ui/Icon'
import { scrollToRow, useWindow } from '../../ui/windowed'
import { clockTime, filters, focusCase, gone, loadMore, marked, roles, toggleMark } from './desk'
import { mayDecide } from './filters'
import { isUnderway } from './sending'
import { isClosed, itemWords, placeWords, shortNo, standWord, stateWord } from './words'

const ASKED = 'warn'

/** The words of a state or of the request that waits, with its tone. */
export function StateChip({ one }: { one: Incident }): JSX.Element {
  const tone = one.pending ? ASKED : isClosed(one) || ['IN_PROGRESS', 'DISPATCHED', 'SUSPENDED', 'CHECKING', 'RESOLVED'].includes(one.state) ? '' : 'info'
  return <span class={`chip ${tone}`}>{standWord(one)}</span>
}

export function CriticalChip({ one }: { one: { severity: string } }): JSX.Element | null {
  if (one.severity !== 'critical') return null
  return (
    <span class="chip late">
      <Icon name="bolt" />
      {t('dispatch.critical')}
    </span>
  )
}

/** The sign of a case: its clock, or that it is over. */
export function Sign({ one }: { one: Incident }): JSX.Element {
  const clock = clockOfCase(one, clockTime.value)
  if (clock) return <ClockRing share={clock.share} colour={colourNow(clock, clockTime.value)} />
  const kind = isClosed(one) ? 'closed' : 'open'
  return (
    <span class={`sign ${kind}`} aria-hidden="true">
      <Icon name={isClosed(one) ? 'check' : 'report'} />
    </span>
  )
}

/** What the clock of a case says; where none runs, when it was reported. */
export function ClockText({ one }: { one: Incident }): JSX.Element {
  const clock = clockOfCase(one, clockTime.value)
  if (!clock) return <span class="small muted num">{moment(one.reported_at)}</span>
  return <span class={`clock-words small num ${colourNow(clock, clockTime.value)}`}>{clockWords(clock, clockTime.value)}</span>
}

function Words({ one }: { one: Incident }): JSX.Element {
  return (
    <span class="grow queue-words">
      <span class="row">
        <span class="strong ellipsis">{itemWords(one)}</span>
        <CriticalChip one={one} />
      </span>
      <span class="row small second">
        <span class="ellipsis">{placeWords(one)}</span>
        {one.demo && <span class="muted nowrap">· {t('dispatch.demo')}</span>}
      </span>
    </span>
  )
}

function Aside({ one }: { one: Incident }): JSX.Element {
  const sending = isUnderway(one.no)
  const asked = one.pending !== null
  return (
    <span class="queue-side">
      {asked ? <span class="clock-words small soon">{standWord(one)}</span> : <ClockText one={one} />}
      <span class="foot muted num">
        {filters.value.tab !== 'todo' || sending || gone.value.has(one.no) ? `${stateWord(one)} · ` : ''}
        {shortNo(one.no)}
      </span>
    </span>
  )
}

const decided = (one: Incident): boolean => mayDecide(one, roles.value)
/** Where the requests begin in a list that ends with them; −1 where they have no group of their own. */
const groupAt = (rows: Incident[]): number => (filters.value.tab === 'todo' ? rows.findIndex((one, at) => decided(one) && rows.slice(at).every(decided)) : -1)

const ROW_PX = 57
/** So far above the end of the list the next rows are fetched. */
const AHEAD_PX = 800

/** Fetches the next rows when the end of a list comes near. */
export function growNearEnd(event: { currentTarget: HTMLElement }): void {
  const { scrollHeight, scrollTop, clientHeight } = event.currentTarget
  if (scrollHeight - scrollTop - clientHeight < AHEAD_PX) void loadMore()
}

const Gap = ({ px }: { px: number }): JSX.Element => <li class="gap" role="presentation" style={{ height: `${px}px` }} />

/** The queue: arrows walk it, Space marks, and the map and the answer follow. */
export function Queue({ rows }: { rows: Incident[] }): JSX.Element {
  const list = useRef<HTMLUListElement>(null)
  const chosen = store.incident.value
  const { from, until, row: rowPx } = useWindow(list, rows.length, ROW_PX)
  const drawn = rows.slice(from, until)
  const focusNo = drawn.some((one) => one.no === chosen) ? chosen : drawn[0]?.no
  const split = groupAt(rows)

  useEffect(() => {
    const box = list.current
    const row = box?.querySelector<HTMLElement>('[aria-selected="true"]')
    if (row) row.scrollIntoView({ block: 'nearest' })
    else if (box) {
      const at = rows.findIndex((one) => one.no === chosen)
      if (at >= 0) scrollToRow(box, at, rowPx)
    }
    // the hand that walks by J and K stays on the list
    if (box?.contains(document.activeElement)) row?.focus({ preventScroll: true })
  }, [chosen])

  const onKeyDown = (event: KeyboardEvent, at: number): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const by = { ArrowDown: 1, ArrowUp: -1, Home: -rows.length, End: rows.length }[event.key]
    const here = rows[at]
    if (by !== undefined) store.incident.value = rows[Math.min(Math.max(at + by, 0), rows.length - 1)]?.no ?? null
    else if (event.key === ' ') toggleMark(here?.no ?? null)
    else if (event.key === 'Enter') {
      if (store.incident.value === here?.no) focusCase()
      else store.incident.value = here?.no ?? null
    } else return
    event.preventDefault()
  }
  return (
    <div class="queue-box" onScroll={growNearEnd}>
      <ul class="queue" role="listbox" aria-label={t('desk.dispatch')} ref={list} id="table">
        {from > 0 && <Gap px={from * rowPx} />}
        {drawn.map((one, k) => ({ one, at: k + from })).flatMap(({ one, at }) => [
          ...(at === split && at >= 0
            ? [
                <li key="requests" class="queue-group small" role="presentation">
                  {t('dispatch.requestsToDecide')} <span class="chip round">{number(rows.length - split)}</span>
                </li>,
              ]
            : []),
          <li
            key={one.no}
            data-no={one.no}
            data-key={one.no}
            aria-posinset={at + 1}
            aria-setsize={rows.length}
            role="option"
            aria-selected={one.no === chosen}
            tabIndex={one.no === focusNo ? 0 : -1}
            title={gone.value.has(one.no) ? t('dispatch.gone') : undefined}
            class={`${one.grid && one.grid.code === store.hover.value ? 'hovered' : ''} ${gone.value.has(one.no) ? 'gone' : ''}`.trim()}
            onClick={() => (store.incident.value = one.no)}
            onKeyDown={(event) => onKeyDown(event, at)}
          >
            {marked.value.has(one.no) ? (
              <span class="sign marked">
                <Icon name="check" title={t('dispatch.marked')} />
              </span>
            ) : (
              <Sign one={one} />
            )}
            <Words one={one} />
            <Aside one={one} />
          </li>,
        ])}
        {until < rows.length && <Gap px={(rows.length - until) * rowPx} />}
      </ul>
    </div>
  )
}
