import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { t } from '../i18n'

interface Props {
  /** What is deleted, in words: the name of the button. */
  name: string
  /** How the button looks until it asks. */
  usual: string
  act: () => void
  children: ComponentChildren
}

/** A button that deletes: the first press asks, the second does it; Esc and leaving let it be. */
export function AskTwice({ name, usual, act, children }: Props): JSX.Element {
  const [asked, ask] = useState(false)
  return (
    <button
      type="button"
      class={asked ? 'button danger' : usual}
      aria-label={asked ? t('common.sure', { name }) : name}
      onBlur={() => ask(false)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !asked) return
        event.stopPropagation()
        ask(false)
      }}
      onClick={() => {
        if (asked) act()
        ask(!asked)
      }}
    >
      {asked ? t('common.sureShort') : children}
    </button>
  )
}
