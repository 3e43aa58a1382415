import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ask, Problem } from '../../api/client'
import type { components } from '../../api/schema'
import { lang, t } from '../../i18n'
import { number } from '../../i18n/format'
import { SelectField, TextField } from '../../ui/fields'
import { Icon } from '../../ui/Icon'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { Photos } from '../phone/Photos'
import { whereAmI } from '../phone/places'
import type { Photo } from '../phone/queue/entry'
import { Head } from './Head'

type PlateHere = components['schemas']['PlatePageOut']
type Received = components['schemas']['ReceivedOut']

const OTHER = 'other'

interface Answers {
  item: string
  words: string
  contact: string
  photos: Photo[]
  /** Where the phone is, if whoever reports wants to say so: a grid's plate hangs somewhere in it. */
  at: { lon: number; lat: number; accuracy: number } | null
}
const none = (): Answers => ({ item: '', words: '', contact: '', photos: [], at: null })

async function sendReport(code: string, { item, words, contact, photos, at }: Answers, key: string): Promise<Received> {
  const form = new FormData()
  if (item && item !== OTHER) form.set('item_code', item)
  if (words.trim()) form.set('description', words.trim())
  if (contact.trim()) form.set('contact', contact.trim())
  form.set('language', lang.value)
  if (at) {
    form.set('lon', String(at.lon))
    form.set('lat', String(at.lat))
    form.set('accuracy_m', String(at.accuracy))
  }
  for (const photo of photos) if (photo.blob) form.append('file', photo.blob, `${photo.id}.jpg`)
  return ask<Received>(`/api/v1/public/reports/${encodeURIComponent(code)}`, { method: 'POST', body: form, headers: { 'Idempotency-Key': key } })
}

function Done({ received, again }: { received: Received; again: () => void }): JSX.Element {
  const [said, setSaid] = useState('')
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  const address = `${location.origin}/#/follow/${encodeURIComponent(received.follow ?? '')}`
  const copy = (): void => void navigator.clipboard?.writeText(address).then(() => setSaid(t('plate.copied')))
  return (
    <section class="phone-block stack" data-testid="received">
      <h2 ref={heading} class="phone-title" tabIndex={-1}>
        {t('plate.done', { no: received.no })}
      </h2>
      {received.follow && (
        <>
          <p class="second">{t('plate.follow')}</p>
          <a class="follow-link" href={address}>
            {address}
          </a>
          <div class="row wrap">
            <button type="button" class="button" onClick={copy}>
              {t('plate.copy')}
            </button>
            <span aria-live="polite">{said}</span>
          </div>
        </>
      )}
      <button type="button" class="button" onClick={again}>
        {t('plate.again')}
      </button>
    </section>
  )
}

/** Lets whoever reports add where they stand. */
function Standing({ at, onPlace }: { at: Answers['at']; onPlace: (at: Answers['at']) => void }): JSX.Element {
  const [said, setSaid] = useState('')
  const locate = (): void => {
    setSaid(t('phone.gps.busy'))
    whereAmI().then(
      ({ coords }) => {
        setSaid('')
        onPlace({ lon: coords.longitude, lat: coords.latitude, accuracy: Math.round(coords.accuracy) })
      },
      (cause: unknown) => setSaid(cause instanceof Error ? cause.message : String(cause)),
    )
  }
  return (
    <div class="row wrap">
      <button type="button" class="button" onClick={locate}>
        <Icon name="target" />
        {at ? t('phone.gps.is', { n: number(at.accuracy) }) : t('plate.position')}
      </button>
      <span class="hint" role="status">
        {said}
      </span>
    </div>
  )
}

function Form({ here, onDone }: { here: PlateHere; onDone: (received: Received) => void }): JSX.Element {
  const [answers, setAnswers] = useState<Answers>(none)
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  // one key for one report: pressing twice, or again after a lost answer, is harmless; another text is another report
  const key = useRef(crypto.randomUUID())
  const set = (part: Partial<Answers>): void => {
    key.current = crypto.randomUUID()
    setAnswers((before) => ({ ...before, ...part }))
  }
  const { item, words, contact, photos, at } = answers
  const lacking = !item || (item === OTHER && !words.trim())
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    setTried(true)
    if (lacking || busy) return
    setBusy(true)
    setFailure(null)
    try {
      onDone(await sendReport(here.plate, answers, key.current))
    } catch (cause) {
      setFailure(cause)
    } finally {
      setBusy(false)
    }
  }
  const choices = [['', t('plate.item.choose')], ...here.items.map((one) => [one.code, lang.value === 'zh' ? one.name_zh : one.name_en]), [OTHER, t('plate.item.other')]] as [string, string][]
  return (
    <form class="phone-form" noValidate onSubmit={(event) => void send(event)}>
      <div class="phone-block">
        <p class="second phone-small">{t('plate.where')}</p>
        <p class="phone-title">{here.place}</p>
        <Standing at={at} onPlace={(value) => set({ at: value })} />
      </div>
      <div class="phone-block stack">
        <SelectField id="plate-item" label={t('plate.item')} value={item} options={choices} error={tried && lacking ? t('plate.lack') : null} onChange={(value) => set({ item: value })} />
        <TextField id="plate-words" label={t('plate.words')} rows={3} maxLength={2000} value={words} onInput={(value) => set({ words: value })} />
      </div>
      <div class="phone-block">
        <Photos stage="other" most={1} photos={photos} onChange={(value) => set({ photos: value })} />
      </div>
      <div class="phone-block stack">
        <TextField id="plate-contact" label={t('plate.contact')} maxLength={200} value={contact} onInput={(value) => set({ contact: value })} hint={t('plate.privacy')} />
      </div>
      <div class="phone-block stack">
        {failure !== null && <ErrorNote error={failure} />}
        <button type="submit" class="button primary phone-send" aria-disabled={busy}>
          <Icon name="send" />
          {t(busy ? 'plate.sending' : 'plate.send')}
        </button>
      </div>
    </form>
  )
}

/** A report by whoever stands before a plate: no account, no app. */
export function PlatePage({ code }: { code: string }): JSX.Element {
  const [here, setHere] = useState<PlateHere | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const [received, setReceived] = useState<Received | null>(null)
  const load = (): void => {
    setFailure(null)
    ask<PlateHere>(`/api/v1/public/plates/${encodeURIComponent(code)}`).then(setHere, setFailure)
  }
  useEffect(load, [])
  useEffect(() => void (document.title = `${t('plate.title')} · Gridward`), [lang.value])
  const unknown = failure instanceof Problem && [404, 410, 422].includes(failure.status)
  return (
    <div class="public">
      <Head title={t('plate.title')} />
      <main>
        {unknown && <Empty icon="qr" title={t('plate.unknown')} hint={t('plate.unknownHint', { code })} />}
        {failure !== null && !unknown && (
          <div class="pad">
            <ErrorNote error={failure} retry={load} />
          </div>
        )}
        {!here && failure === null && <Skeleton rows={4} />}
        {here && (received ? <Done received={received} again={() => setReceived(null)} /> : <Form here={here} onDone={setReceived} />)}
      </main>
    </div>
  )
}
