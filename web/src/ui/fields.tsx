/** Fields of forms and the dialogs they stand in: label, field, and below it what is wrong or what helps. */
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../i18n'
import { Dialog } from './Dialog'

interface FieldProps {
  id: string
  label: ComponentChildren
  /** What is wrong; null where nothing is. */
  error?: string | null | undefined
  hint?: string | undefined
}

function Field({ id, label, error, hint, children }: FieldProps & { children: ComponentChildren }): JSX.Element {
  return (
    <div class="field grow">
      <label for={id}>{label}</label>
      {children}
      {error ? (
        <span id={`${id}-error`} class="error">
          {error}
        </span>
      ) : (
        hint && (
          <span id={`${id}-hint`} class="hint">
            {hint}
          </span>
        )
      )}
    </div>
  )
}

const described = ({ id, error, hint }: FieldProps): string | undefined => (error ? `${id}-error` : hint ? `${id}-hint` : undefined)

interface TextProps extends FieldProps {
  value: string
  onInput: (value: string) => void
  /** Wrong, though the words for it stand elsewhere. */
  invalid?: boolean
  inputMode?: 'text' | 'numeric' | 'decimal'
  placeholder?: string | undefined
  list?: string | undefined
  maxLength?: number
  autofocus?: boolean
  /** More than a line. */
  rows?: number
}

/** A field for words or a number. */
export function TextField(props: TextProps): JSX.Element {
  const rest = {
    id: props.id,
    class: 'input',
    value: props.value,
    placeholder: props.placeholder,
    maxLength: props.maxLength,
    'data-autofocus': props.autofocus || undefined,
    'aria-invalid': Boolean(props.error) || Boolean(props.invalid),
    'aria-describedby': described(props),
  }
  return (
    <Field {...props}>
      {props.rows ? (
        <textarea {...rest} rows={props.rows} onInput={(event) => props.onInput(event.currentTarget.value)} />
      ) : (
        <input {...rest} list={props.list} inputMode={props.inputMode ?? 'text'} onInput={(event) => props.onInput(event.currentTarget.value)} />
      )}
    </Field>
  )
}

interface SearchProps extends FieldProps {
  value: string
  maxLength: number
  /** Called with trimmed words once the hand rests, on Enter, and when the field is left or taken away. */
  onSettle: (words: string) => void
}

const SETTLE_MS = 400

/** A field whose words take effect when the hand rests. What is being typed outlives a redraw with older words from outside. */
export function SearchField(props: SearchProps): JSX.Element {
  const [typed, setTyped] = useState<{ text: string; over: string } | null>(null)
  const pending = useRef<{ timer: ReturnType<typeof setTimeout>; settle: () => void } | null>(null)
  const settle = (): void => pending.current?.settle()
  useEffect(() => settle, [])
  const text = typed && (typed.over === props.value || typed.text.trim() === props.value) ? typed.text : props.value
  const type = (next: string): void => {
    if (pending.current) clearTimeout(pending.current.timer)
    setTyped({ text: next, over: props.value })
    const settleNext = (): void => {
      if (pending.current) clearTimeout(pending.current.timer)
      pending.current = null
      setTyped({ text: next, over: next.trim() })
      props.onSettle(next.trim())
    }
    pending.current = { timer: setTimeout(settleNext, SETTLE_MS), settle: settleNext }
  }
  return (
    <Field {...props}>
      <input
        id={props.id}
        class="input"
        type="search"
        maxLength={props.maxLength}
        value={text}
        onInput={(event) => type(event.currentTarget.value)}
        onBlur={settle}
        onKeyDown={(event) => event.key === 'Enter' && settle()}
      />
    </Field>
  )
}

interface NumberProps {
  id: string
  label: string
  value: number | string
  low: number
  high: number
  step?: number
  whole?: boolean
  /** Takes each number as it is typed, not only when the field is left. */
  live?: boolean
  put: (value: number) => void
}

/** A field for a number in a range; what is being typed outlives a redraw, and what is no such number falls back. */
export function NumberField(props: NumberProps): JSX.Element {
  const [typed, setTyped] = useState<string | null>(null)
  const take = (value: number): void => {
    const fits = props.whole ? Number.isInteger(value) : Number.isFinite(value)
    if (fits && value >= props.low && value <= props.high) props.put(value)
  }
  return (
    <Field id={props.id} label={props.label}>
      <input
        id={props.id}
        class="input slim"
        type="number"
        min={props.low}
        max={props.high}
        step={props.step}
        value={typed ?? props.value}
        onInput={(event) => {
          setTyped(event.currentTarget.value)
          if (props.live) take(event.currentTarget.valueAsNumber)
        }}
        onChange={(event) => {
          take(event.currentTarget.valueAsNumber)
          setTyped(null)
        }}
      />
    </Field>
  )
}

interface SelectProps extends FieldProps {
  value: string
  options: readonly (readonly [string, string])[]
  onChange: (value: string) => void
  autofocus?: boolean
}

/** A choice of one. */
export function SelectField(props: SelectProps): JSX.Element {
  return (
    <Field {...props}>
      <select
        id={props.id}
        class="input"
        data-autofocus={props.autofocus || undefined}
        aria-describedby={described(props)}
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      >
        {props.options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </Field>
  )
}

interface FileProps extends FieldProps {
  accept: string
  multiple?: boolean
  onFiles: (files: File[]) => void
}

/** A file, or several. */
export function FileField(props: FileProps): JSX.Element {
  return (
    <Field {...props}>
      <input
        id={props.id}
        type="file"
        class="input"
        multiple={props.multiple}
        accept={props.accept}
        aria-invalid={Boolean(props.error)}
        aria-describedby={described(props)}
        onChange={(event) => props.onFiles([...(event.currentTarget.files ?? [])])}
      />
    </Field>
  )
}

/** Yes or no. */
export function CheckField(props: { id?: string; words: string; on: boolean; change: (on: boolean) => void }): JSX.Element {
  return (
    <label class="row small check-field" for={props.id}>
      <input id={props.id} type="checkbox" checked={props.on} onChange={(event) => props.change(event.currentTarget.checked)} />
      {props.words}
    </label>
  )
}

interface FormDialogProps {
  title: string
  hint?: ComponentChildren
  width?: number
  /** Name of the form's element. */
  form: string
  submit: string
  danger?: boolean
  /** Why it cannot be sent now; the empty string where it can. */
  why?: string
  barred?: boolean
  onSubmit: () => void
  onClose: () => void
  children: ComponentChildren
}

/** A dialog that asks and does: the action at the left end of its foot, then Cancel. */
export function FormDialog(props: FormDialogProps): JSX.Element {
  const barred = props.barred ?? Boolean(props.why)
  const footer = (
    <>
      <button type="submit" form={props.form} class={`button ${props.danger ? 'danger' : 'primary'}`} aria-disabled={barred} data-tip={props.why || undefined}>
        {props.submit}
      </button>
      <button type="button" class="button" onClick={props.onClose}>
        {t('common.cancel')}
      </button>
      {props.why && <p class="small muted footnote">{props.why}</p>}
    </>
  )
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    props.onSubmit()
  }
  return (
    <Dialog title={props.title} hint={props.hint} onClose={props.onClose} footer={footer} {...(props.width ? { width: props.width } : {})}>
      <form id={props.form} class="stack" onSubmit={submit}>
        {props.children}
      </form>
    </Dialog>
  )
}
