import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { t, type Key } from '../../i18n'
import { bytes } from '../../i18n/format'
import { CheckField, SelectField, TextField } from '../../ui/fields'
import { Icon } from '../../ui/Icon'
import { sentence } from '../../ui/states'
import { remember } from './catalogue'
import { change, clearDraft, draft, draftKept, entryOf, lacks, type Lack } from './draft'
import { ItemField } from './ItemField'
import { Photos } from './Photos'
import { PlaceBox } from './PlaceBox'
import { placeByPlate } from './places'
import { sizeOf, type Entry, type Photo, type Stage } from './queue/entry'
import { enqueue, entries } from './queue/outbox'
import { NotKept } from './queue/store'
import { addressOf, route } from './route'
import { account, hasRole } from './who'

const SEVERITIES = ['minor', 'major', 'critical'] as const

/** The report that was sent last from here: its number is shown once it has one. */
const last = signal<string | null>(null)

/** Why a thing could not be kept, in words. */
export function keepWords(cause: unknown): string {
  if (cause instanceof NotKept) return t(cause.full ? 'phone.full' : 'phone.noMemory')
  return sentence(cause)
}

/** What became of a thing that was put into the queue. */
export function Fate({ of }: { of: Entry }): JSX.Element {
  if (of.state === 'sent') {
    return (
      <p class="note ok fate" role="status">
        <Icon name="check" />
        <span>
          {t('phone.fate.sent')} <a href={addressOf('cases', of.no ?? '')}>{of.no}</a>
        </span>
      </p>
    )
  }
  if (of.state === 'refused') {
    return (
      <p class="note error fate" role="alert">
        <Icon name="alert" />
        <span>
          {t('phone.fate.refused')} <a href={addressOf('waiting')}>{t('phone.fate.why')}</a>
        </span>
      </p>
    )
  }
  const size = sizeOf(of)
  return (
    <p class="note warn fate" role="status">
      <Icon name="refresh" />
      {size ? t('phone.fate.waitingSize', { size: bytes(size) }) : t('phone.fate.waiting')}
    </p>
  )
}

function Details(): JSX.Element {
  const { description, severity } = draft.value
  return (
    <details class="phone-block">
      <summary class="phone-label">{t('phone.more')}</summary>
      <div class="stack">
        <TextField id="phone-words" label={t('phone.words')} rows={2} maxLength={2000} value={description} onInput={(value) => change({ description: value })} />
        <SelectField id="phone-severity" label={t('dispatch.severity')} value={severity} options={SEVERITIES.map((one) => [one, t(`severity.${one}` as Key)] as const)} onChange={(value) => change({ severity: value as (typeof SEVERITIES)[number] })} />
      </div>
    </details>
  )
}

/** A new report: photo, place, item, send. It goes into the queue, and from there to the server, once. */
export function ReportPage(): JSX.Element {
  const [tried, setTried] = useState(false)
  const [failure, setFailure] = useState('')
  const [busy, setBusy] = useState(false)
  const now = draft.value
  const missing = tried ? lacks(now) : []
  const sent = entries.value.find((one) => one.key === last.value)
  const { plate } = route.value
  useEffect(() => {
    if (plate) placeByPlate(plate).catch((cause: unknown) => setFailure(sentence(cause)))
  }, [plate])

  const error = (lack: Lack): string | undefined => (missing.includes(lack) ? t(`phone.lack.${lack}` as Key) : undefined)
  const ofStage = (stage: Stage) => (photos: Photo[]) => change({ photos: [...draft.peek().photos.filter((one) => one.stage !== stage), ...photos] })
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const who = account.peek()
    const lacking = lacks(now)
    setTried(true)
    if (busy || !who) return
    if (lacking.length) {
      const at: Record<Lack, string> = { before: '#phone-before input', after: '#phone-after input', place: '.phone-where .link', item: '#phone-item' }
      return document.querySelector<HTMLElement>(at[lacking[0] as Lack])?.focus()
    }
    setBusy(true)
    setFailure('')
    try {
      const entry = entryOf(now, who, Date.now(), crypto.randomUUID())
      await enqueue(entry)
      last.value = entry.key
      if (now.item_code) void remember(now.item_code)
      await clearDraft()
      setTried(false)
      scrollTo({ top: 0 })
    } catch (cause) {
      setFailure(keepWords(cause))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form class="phone-form" noValidate onSubmit={(event) => void send(event)}>
      {sent && <Fate of={sent} />}
      <div id="phone-before" class="phone-block">
        <Photos stage="before" photos={now.photos.filter((one) => one.stage === 'before')} error={error('before')} onChange={ofStage('before')} />
      </div>
      <PlaceBox error={error('place') ?? null} />
      <div class="phone-block">
        <ItemField error={error('item') ?? null} />
        {now.may_self_handle && hasRole('grid_staff') && <CheckField id="self-handled" words={t('phone.self')} on={now.self_handled} change={(on) => change({ self_handled: on })} />}
      </div>
      {now.self_handled && (
        <div id="phone-after" class="phone-block">
          <Photos stage="after" photos={now.photos.filter((one) => one.stage === 'after')} error={error('after')} onChange={ofStage('after')} />
        </div>
      )}
      <Details />
      <div class="phone-block stack">
        {failure && (
          <p class="note error" role="alert">
            <Icon name="alert" />
            {failure}
          </p>
        )}
        {!draftKept.value && <p class="note warn">{t('phone.draftNotKept')}</p>}
        <button type="submit" class="button primary phone-send" aria-disabled={busy}>
          <Icon name="send" />
          {t('phone.send')}
        </button>
        <p class="muted phone-small centred">{t('phone.send.hint')}</p>
      </div>
    </form>
  )
}
