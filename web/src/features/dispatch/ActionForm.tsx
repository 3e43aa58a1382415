import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { ask, query } from '../../api/client'
import { territory } from '../../api/data'
import { resource } from '../../api/resource'
import { t, type Key } from '../../i18n'
import { store } from '../../map/store'
import { CheckField, FileField, SelectField, TextField } from '../../ui/fields'
import { Icon } from '../../ui/Icon'
import { ErrorNote } from '../../ui/states'
import { ACCEPTED, photoOf } from '../phone/photos'
import { bodyOf, fieldsOf, isGrave, lacks, LEVELS, OUTCOMES, type Choice, type FormField, type Values } from './form'
import { MasterField, type Master } from './MasterField'
import { actionName, type Unit } from './sending'

const DAY_MS = 86_400_000
const LONGEST_SUSPENSION_DAYS = 90

/** Units that cases can be sent to. */
export const units = resource(async (abort) => (await ask<{ units: Unit[] }>(`/api/v1/units${query({ territory: territory.peek()?.id })}`, { signal: abort })).units)

interface FieldsProps {
  /** Of the ids: two forms may be open. */
  prefix: string
  fields: readonly FormField[]
  values: Values
  missing: readonly string[]
  /** Cases that this one may repeat. */
  masters: readonly Master[]
  set: (name: string, value: string | string[]) => void
  files: (name: string, files: File[]) => void
}

const labelOf = (name: string): string => t(`dispatch.form.${name}` as Key)
const dateOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

function DateField(props: { id: string; field: FormField; value: string; error: string | null; set: (value: string) => void }): JSX.Element {
  const { id } = props
  const day = props.field.kind === 'date'
  const bounds = day ? { min: dateOf(Date.now() + DAY_MS), max: dateOf(Date.now() + LONGEST_SUSPENSION_DAYS * DAY_MS) } : {}
  return (
    <div class="field">
      <label for={id}>{labelOf(props.field.name)}</label>
      <input id={id} class="input" type={day ? 'date' : 'datetime-local'} {...bounds} value={props.value} aria-invalid={Boolean(props.error)} onInput={(event) => props.set(event.currentTarget.value)} />
      {props.error && <span class="error">{props.error}</span>}
    </div>
  )
}

function UnitList(props: { field: FormField; value: string[]; error: string | null; set: (value: string[]) => void }): JSX.Element {
  return (
    <fieldset class="field">
      <legend class="label small">{labelOf(props.field.name)}</legend>
      <div class="unit-list">
        {(units.data.value ?? []).map((one) => (
          <CheckField
            key={one.id}
            words={one.name}
            on={props.value.includes(one.code)}
            change={(on) => props.set(on ? [...props.value, one.code] : props.value.filter((code) => code !== one.code))}
          />
        ))}
      </div>
      {props.error && <span class="error">{props.error}</span>}
    </fieldset>
  )
}

function OneField({ prefix, field, values, missing, masters, set, files }: FieldsProps & { field: FormField }): JSX.Element {
  const { name, kind, needed } = field
  const id = `${prefix}-${name}`
  const value = values[name]
  const text = typeof value === 'string' ? value : ''
  const error = missing.includes(name) ? t('dispatch.form.needed', { what: labelOf(name) }) : null
  const put = (next: string): void => set(name, next)
  const choose = [['', t('dispatch.form.choose')]] as [string, string][]
  switch (kind) {
    case 'words':
      return <TextField id={id} label={labelOf(name)} rows={2} maxLength={500} error={error} value={text} onInput={put} />
    case 'unit': {
      const known = units.data.value ?? []
      const hint = units.data.value && known.length === 0 ? t('dispatch.form.noUnits') : undefined
      return <SelectField id={id} label={labelOf(name)} error={error} hint={hint} value={text} options={[...choose, ...known.map((one) => [one.code, one.name] as [string, string])]} onChange={put} />
    }
    case 'units':
      return <UnitList field={field} value={Array.isArray(value) ? value : []} error={error} set={(next) => set(name, next)} />
    case 'date':
    case 'moment':
      return <DateField id={id} field={field} value={text} error={error} set={put} />
    case 'outcome':
      return <SelectField id={id} label={labelOf(name)} error={error} value={text} options={[...choose, ...OUTCOMES.map((one) => [one, t(`dispatch.outcome.${one}`)] as [string, string])]} onChange={put} />
    case 'level':
      return <SelectField id={id} label={labelOf(name)} value={text} options={[['', t('dispatch.form.next')], ...LEVELS.map((one) => [one, t(`dispatch.level.${one}`)] as [string, string])]} onChange={put} />
    case 'case':
      return <MasterField id={id} label={labelOf(name)} error={error} value={text} likely={masters} set={put} />
    case 'photos':
      return <FileField id={id} label={labelOf(name)} error={error} accept={ACCEPTED} multiple onFiles={(list) => files(name, list)} />
    case 'place':
      return <CheckField id={id} words={labelOf(name)} on={Boolean(value)} change={(on) => set(name, on ? 'yes' : '')} />
    default: {
      const hint = name === 'inspector' && !needed ? t('dispatch.form.inspectorHint') : name === 'worker' ? t('dispatch.form.workerHint') : undefined
      return <TextField id={id} label={labelOf(name)} error={error} hint={hint} maxLength={200} inputMode={kind === 'score' ? 'numeric' : 'text'} value={text} onInput={put} />
    }
  }
}

/** Sends photos before the action that needs them; the same key on every try. */
async function sendPhotos(fields: readonly FormField[], chosen: ReadonlyMap<string, File[]>, keys: Map<File, string>): Promise<string[]> {
  const ids: string[] = []
  for (const { name, stage } of fields) {
    for (const file of chosen.get(name) ?? []) {
      const photo = stage && (await photoOf(file, stage))
      if (!photo?.blob || !stage) throw new Error(t('phone.photos.bad'))
      const body = new FormData()
      body.set('file', photo.blob, 'photo.jpg')
      body.set('stage', stage)
      const key = keys.get(file) ?? crypto.randomUUID()
      keys.set(file, key)
      ids.push((await ask<{ id: string }>('/api/v1/media', { method: 'POST', body, headers: { 'Idempotency-Key': key } })).id)
    }
  }
  return ids
}

interface ActionFormProps {
  prefix?: string
  choice: Choice
  masters: readonly Master[]
  values?: Values
  onSend: (body: Record<string, unknown>) => Promise<boolean>
  onClose: () => void
}

/** What an action needs, asked where its button was. */
export function ActionForm({ prefix = 'act', choice, masters, values: begun, onSend, onClose }: ActionFormProps): JSX.Element {
  const fields = fieldsOf(choice)
  const [values, setValues] = useState<Values>(begun ?? {})
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const chosen = useRef(new Map<string, File[]>())
  const keys = useRef(new Map<File, string>())
  const form = useRef<HTMLFormElement>(null)
  const set = (name: string, value: string | string[]): void => setValues((before) => ({ ...before, [name]: value }))

  useEffect(() => {
    if (fields.some(({ kind }) => kind === 'unit' || kind === 'units') && !units.data.peek()) void units.load()
  }, [choice.action])
  // fields whose choices are still on their way come after the form: it holds their place
  const known = units.data.value
  useLayoutEffect(() => {
    const box = form.current
    const first = box?.querySelector<HTMLElement>('input, select, textarea')
    if (document.activeElement === box || !box?.contains(document.activeElement)) (first ?? box)?.focus()
  }, [choice.action, Boolean(known)])

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (busy || lacks(fields, values).length) return
    setBusy(true)
    try {
      const media = await sendPhotos(fields, chosen.current, keys.current)
      if (await onSend(bodyOf(fields, values, media, store.place.peek()))) onClose()
    } catch (cause) {
      setFailure(cause)
    } finally {
      setBusy(false)
    }
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    onClose()
  }
  return (
    <form class="action-form stack" ref={form} tabIndex={-1} noValidate aria-label={actionName(choice.action)} onSubmit={(event) => void submit(event)} onKeyDown={onKeyDown}>
      <h3>{actionName(choice.action)}</h3>
      {fields.map((field) => (
        <OneField
          key={field.name}
          prefix={prefix}
          field={field}
          fields={fields}
          values={values}
          missing={tried ? lacks(fields, values) : []}
          masters={masters}
          set={set}
          files={(name, list) => {
            chosen.current.set(name, list)
            set(name, list.map(({ name: file }) => file))
          }}
        />
      ))}
      {failure !== null && <ErrorNote error={failure} />}
      <div class="row">
        <button type="submit" class={`button big ${isGrave(choice.action) ? 'danger' : 'primary'}`} aria-disabled={busy}>
          <Icon name="send" />
          {actionName(choice.action)}
        </button>
        <button type="button" class="button big" onClick={onClose}>
          {t('common.cancel')}
        </button>
      </div>
    </form>
  )
}
