import { signal, type Signal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { t } from '../i18n'

const LEAST = 320
const MOST = 640
const STEP = 16
const widths = new Map<string, Signal<number>>()

/** The width of a panel, remembered by this browser. */
function widthOf(name: string, usual: number): Signal<number> {
  let width = widths.get(name)
  if (!width) {
    const kept = Number(localStorage.getItem(`gridward.side.${name}`))
    width = signal(kept >= LEAST && kept <= MOST ? kept : usual)
    widths.set(name, width)
  }
  return width
}

interface SideProps {
  /** Under which the width is remembered. */
  name: string
  side: 'left' | 'right'
  usual: number
  label?: string
  id?: string
  busy?: boolean
  children: ComponentChildren
}

/** A panel beside the map; its inner edge moves by hand or by the arrow keys. */
export function Side({ name, side, usual, label, id, busy, children }: SideProps): JSX.Element {
  const width = widthOf(name, usual)
  const grow = side === 'left' ? 1 : -1
  const set = (next: number): void => {
    width.value = Math.round(Math.min(Math.max(next, LEAST), MOST))
    localStorage.setItem(`gridward.side.${name}`, String(width.value))
  }
  const onPointerDown = (event: PointerEvent): void => {
    const from = event.clientX
    const before = width.value
    const handle = event.currentTarget as HTMLElement
    handle.setPointerCapture(event.pointerId)
    const move = (moved: PointerEvent): void => set(before + grow * (moved.clientX - from))
    const stop = (): void => {
      handle.removeEventListener('pointermove', move)
      handle.removeEventListener('pointerup', stop)
    }
    handle.addEventListener('pointermove', move)
    handle.addEventListener('pointerup', stop)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!way) return
    event.preventDefault()
    set(width.value + way * grow * STEP)
  }
  const inside = (
    <>
      {children}
      <div
        class="splitter"
        role="separator"
        aria-orientation="vertical"
        aria-label={t('nav.splitter')}
        aria-valuenow={width.value}
        aria-valuemin={LEAST}
        aria-valuemax={MOST}
        tabIndex={0}
        onPointerDown={onPointerDown}
        onKeyDown={onKeyDown}
        onDblClick={() => set(usual)}
      />
    </>
  )
  const rest = { class: `side ${side}`, id, tabIndex: -1, style: { '--side': `${width.value}px` }, 'aria-busy': busy }
  return label ? (
    <aside {...rest} aria-label={label}>
      {inside}
    </aside>
  ) : (
    <div {...rest}>{inside}</div>
  )
}
