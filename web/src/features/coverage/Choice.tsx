import type { ComponentChildren, JSX } from 'preact'
import { Icon } from '../../ui/Icon'
import { Menu } from '../../ui/Menu'

/** A choice of the filter bar: its name quiet, its value strong. */
export function Choice(props: { name: string; value: string; children: (close: () => void) => ComponentChildren }): JSX.Element {
  const label = (
    <>
      <span class="muted">{props.name}</span>
      <span class="strong ellipsis">{props.value}</span>
      <Icon name="down" />
    </>
  )
  return (
    <Menu called="text" name={`${props.name}: ${props.value}`} buttonClass="button choice" label={label}>
      {props.children}
    </Menu>
  )
}

export interface Option {
  id: string
  words: string
  hint?: string
  depth?: number
  current: boolean
  pick: () => void
}

/** Lines of a choice's menu. */
export function Options({ options, close }: { options: Option[]; close: () => void }): JSX.Element {
  return (
    <>
      {options.map((one) => (
        <button
          key={one.id}
          type="button"
          aria-current={one.current}
          style={one.depth ? { paddingLeft: `${8 + one.depth * 14}px` } : undefined}
          onClick={() => {
            one.pick()
            close()
          }}
        >
          <span class="grow">{one.words}</span>
          {one.hint && <span class="small muted">{one.hint}</span>}
        </button>
      ))}
    </>
  )
}
