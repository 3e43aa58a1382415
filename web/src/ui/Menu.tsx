import type { ComponentChildren, JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

interface MenuProps {
  /** What stands in the button. */
  label: ComponentChildren
  name: string
  /** How the button is called: by its icon's name, by its own text after the name, or by its own text alone. */
  called?: 'icon' | 'both' | 'text'
  buttonClass?: string
  align?: 'left' | 'right'
  up?: boolean
  children: (close: () => void) => ComponentChildren
}

const FOCUSABLE = 'button, a, input'

/** A button that opens a menu; arrows walk it, Esc closes it and gives the focus back. */
export function Menu({ label, name, called = 'both', buttonClass = 'button', align = 'left', up, children }: MenuProps): JSX.Element {
  const [open, setOpen] = useState(false)
  const root = useRef<HTMLSpanElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const close = (): void => {
    setOpen(false)
    button.current?.focus()
  }

  // before painting: an Esc that comes at once must not find this still to be done, and lose the focus with the menu
  useLayoutEffect(() => {
    if (!open) return
    const outside = (event: Event): void => {
      if (!root.current?.contains(event.target as Node)) setOpen(false)
    }
    addEventListener('pointerdown', outside)
    root.current?.querySelector<HTMLElement>(`.menu ${FOCUSABLE}`)?.focus()
    return () => removeEventListener('pointerdown', outside)
  }, [open])

  const onKeyDown = (event: KeyboardEvent): void => {
    if (!open) return
    if (event.key === 'Escape') {
      event.stopPropagation()
      close()
      return
    }
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (!step) return
    event.preventDefault()
    const items = [...(root.current?.querySelectorAll<HTMLElement>('.menu button, .menu a, .menu input') ?? [])]
    const at = items.indexOf(document.activeElement as HTMLElement)
    items[(at + step + items.length) % items.length]?.focus()
  }

  const place = { [align]: 0, ...(up ? { bottom: 'calc(100% + 4px)' } : { top: 'calc(100% + 4px)' }) }
  return (
    <span class="anchor" ref={root} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        class={buttonClass}
        aria-haspopup="true"
        aria-expanded={open}
        aria-label={called === 'icon' ? name : undefined}
        data-tip={called === 'text' ? undefined : name}
        onClick={() => setOpen(!open)}
      >
        {called === 'both' && <span class="visually-hidden">{name} </span>}
        {label}
      </button>
      {open && (
        <div class="menu" role="group" aria-label={name} style={place}>
          {children(close)}
        </div>
      )}
    </span>
  )
}
