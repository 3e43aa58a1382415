import type { ComponentChildren, JSX } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { t } from '../i18n'
import { holdTab } from './focus'
import { Icon } from './Icon'

interface DialogProps {
  title: string
  hint?: ComponentChildren
  width?: number
  onClose: () => void
  footer?: ComponentChildren
  children: ComponentChildren
}

/** A modal dialog: keeps the focus inside, gives it back on closing, Esc closes. */
export function Dialog({ title, hint, width = 560, onClose, footer, children }: DialogProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const id = useId()

  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null
    const first = box.current?.querySelector<HTMLElement>('[data-autofocus]') ?? box.current
    first?.focus()
    return () => before?.focus()
  }, [])

  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation()
    if (event.key === 'Escape') onClose()
    holdTab(event, box.current)
  }

  return (
    <div class="dialog-veil" onKeyDown={onKeyDown}>
      <div
        class="dialog"
        ref={box}
        role="dialog"
        aria-modal="true"
        aria-labelledby={id}
        tabIndex={-1}
        style={{ '--dialog-width': `${width}px` }}
      >
        <header>
          <div class="grow">
            <h2 id={id}>{title}</h2>
            {hint && <p class="small second">{hint}</p>}
          </div>
          <button type="button" class="button quiet icon-only" aria-label={t('common.close')} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        <div class="body">{children}</div>
        {footer && <footer>{footer}</footer>}
      </div>
    </div>
  )
}
