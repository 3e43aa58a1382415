import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'

interface Tip {
  text: string
  left: number
  top: number
  under: boolean
}
const shown = signal<Tip | null>(null)
const ROOM_PX = 36

function show(event: Event): void {
  const owner = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-tip]') : null
  if (!owner?.dataset.tip || (event.type === 'focusin' && !owner.matches(':focus-visible'))) {
    shown.value = null
    return
  }
  const box = owner.getBoundingClientRect()
  const under = box.bottom + ROOM_PX < innerHeight
  const left = Math.min(Math.max(box.left + box.width / 2, 80), innerWidth - 80)
  shown.value = { text: owner.dataset.tip, left, top: under ? box.bottom + 6 : box.top - 6, under }
}

/** Names of icon buttons, on hover and on focus; Esc takes them away. The name is also the button's label. */
export function Tooltip(): JSX.Element | null {
  useEffect(() => {
    const hide = (event: Event): void => {
      if (!(event instanceof KeyboardEvent) || event.key === 'Escape') shown.value = null
    }
    const watch: [string, (event: Event) => void][] = [
      ['pointerover', show],
      ['focusin', show],
      ['focusout', hide],
      ['pointerdown', hide],
      ['keydown', hide],
    ]
    watch.forEach(([name, listener]) => addEventListener(name, listener, true))
    return () => watch.forEach(([name, listener]) => removeEventListener(name, listener, true))
  }, [])
  const tip = shown.value
  if (!tip) return null
  const place = { left: `${tip.left}px`, top: `${tip.top}px` }
  return (
    <div class={`tooltip ${tip.under ? '' : 'over'}`} style={place} aria-hidden="true">
      {tip.text}
    </div>
  )
}
