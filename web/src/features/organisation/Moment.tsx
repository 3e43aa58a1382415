import type { JSX } from 'preact'

interface MomentProps {
  id: string
  label: string
  type?: 'date' | 'time' | 'datetime-local'
  hint?: string
  value: string
  onInput: (value: string) => void
}

/** A field for a day, a time, or both. */
export function Moment({ id, label, type = 'datetime-local', hint, value, onInput }: MomentProps): JSX.Element {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} type={type} class="input" value={value} aria-describedby={hint ? `${id}-hint` : undefined} onInput={(event) => onInput(event.currentTarget.value)} />
      {hint && (
        <span id={`${id}-hint`} class="hint">
          {hint}
        </span>
      )}
    </div>
  )
}
