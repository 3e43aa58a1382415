import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { isOver, type Incident } from '../../api/types'
import { t, tOr } from '../../i18n'
import { gridNumber, moment, number } from '../../i18n/format'
import { store } from '../../map/store'
import { Icon } from '../../ui/Icon'

export const isClosed = (one: Incident): boolean => isOver(one.state)
/** The word of a state in the language on screen. */
export const stateWord = (one: Incident): string => tOr(`state.${one.state.toLowerCase()}`, one.state)

/** The words of a state, with its tone. */
export function StateChip({ one }: { one: Incident }): JSX.Element {
  const tone = isClosed(one) ? '' : ['IN_PROGRESS', 'DISPATCHED', 'SUSPENDED'].includes(one.state.toUpperCase()) ? '' : 'info'
  return <span class={`chip ${tone}`}>{stateWord(one)}</span>
}

/** The sign of a report: its state in a shape, never in colour alone. */
export function Sign({ one }: { one: Incident }): JSX.Element {
  const kind = isClosed(one) ? 'closed' : one.severity === 'critical' ? 'critical' : 'open'
  const icon = { closed: 'check', critical: 'bolt', open: 'report' }[kind]
  return (
    <span class={`sign ${kind}`} aria-hidden="true">
      <Icon name={icon} />
    </span>
  )
}

/** Where a report is, in a few words. */
export function placeWords(one: Incident): string {
  if (!one.grid) return t('dispatch.outside')
  const name = one.grid.name ? ` · ${one.grid.name}` : ''
  const alt = one.alt_grid ? ` / ${gridNumber(one.alt_grid.code)}` : ''
  return `${t('grid.grid')} ${gridNumber(one.grid.code)}${alt}${name}`
}

/** The last figures of a report's number, as people say it. */
export const shortNo = (no: string): string => no.replace(/^\d{4}-?\d{2}-/, '')

/** Reports, newest first; arrows walk them, and the map and the answer follow. */
export function Queue({ rows }: { rows: Incident[] }): JSX.Element {
  const list = useRef<HTMLUListElement>(null)
  const chosen = store.incident.value
  const focusNo = rows.some((one) => one.no === chosen) ? chosen : rows[0]?.no

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [chosen])

  const onKeyDown = (event: KeyboardEvent, at: number): void => {
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key]
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault()
        store.incident.value = rows[at]?.no ?? null
      }
      return
    }
    event.preventDefault()
    event.stopPropagation()
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)]
    if (!next) return
    store.incident.value = next.no
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus())
  }
  return (
    <ul class="queue" role="listbox" aria-label={t('desk.dispatch')} ref={list} id="table">
      {rows.map((one, at) => (
        <li
          key={one.no}
          role="option"
          aria-selected={one.no === chosen}
          tabIndex={one.no === focusNo ? 0 : -1}
          class={one.grid && one.grid.code === store.hover.value ? 'hovered' : ''}
          onClick={() => (store.incident.value = one.no)}
          onKeyDown={(event) => onKeyDown(event, at)}
        >
          <Sign one={one} />
          <span class="grow queue-words">
            <span class="row">
              <span class="strong ellipsis">{one.item}</span>
              {one.severity === 'critical' && <span class="chip late">{t('dispatch.critical')}</span>}
            </span>
            <span class="row small second">
              <span class="ellipsis">{placeWords(one)}</span>
              {one.demo && <span class="muted nowrap">· {t('dispatch.demo')}</span>}
            </span>
          </span>
          <span class="queue-side">
            <span class="small">{stateWord(one)}</span>
            <span class="small muted num">{moment(one.reported_at)}</span>
            <span class="foot muted num">{shortNo(one.no)}</span>
          </span>
        </li>
      ))}
      {rows.length === 0 && <li class="nohit muted">{number(0)}</li>}
    </ul>
  )
}
