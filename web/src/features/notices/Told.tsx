import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../api/client'
import type { components } from '../../api/schema'
import { t, tOr } from '../../i18n'
import { moment, number } from '../../i18n/format'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { toast } from '../../ui/toast'

type Schemas = components['schemas']
type Place = Schemas['WebhookOut']
type Delivery = Schemas['DeliveryOut']
const ROOT = '/api/v1/operations/webhooks'
const KINDS = ['clock', 'case'] as const
const READ_MS = 3_000

function Tries({ of }: { of: Delivery }): JSX.Element {
  return (
    <ol class="told-tries small">
      {of.tries.map((each) => (
        <li key={each.seq}>
          <span class="num">{moment(each.at)}</span> <span class={`chip ${each.ok ? 'ok' : 'late'}`}>{t(each.ok ? 'told.ok' : 'told.failed')}</span>{' '}
          {[each.status, each.note === `answered ${each.status}` ? '' : each.note, t('told.took', { n: number(each.took_ms) })].filter(Boolean).join(' · ')}
        </li>
      ))}
    </ol>
  )
}

/** What was sent to one place, newest first, with every try; read again while it is open. */
function Ledger({ place }: { place: Place }): JSX.Element {
  const [lines, setLines] = useState<Delivery[] | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const load = (): void => void ask<{ deliveries: Delivery[] }>(`${ROOT}/${place.id}/deliveries?limit=50`).then((found) => (setLines(found.deliveries), setFailure(null)), setFailure)
  useEffect(() => {
    load()
    const timer = setInterval(load, READ_MS)
    return () => clearInterval(timer)
  }, [])
  if (failure !== null) return <ErrorNote error={failure} retry={load} />
  if (lines === null) return <Skeleton rows={3} />
  if (lines.length === 0) return <p class="small second">{t('told.nothing')}</p>
  return (
    <ol class="trail-lines told-ledger" aria-label={t('told.ledgerOf', { target: place.target })} tabIndex={0}>
      {lines.map((line) => (
        <li key={line.id} class="told-line">
          <span class="row wrap">
            <span class="num small">{moment(line.created_at)}</span>
            <span class="small">{tOr(`told.kind.${line.kind}`, line.kind)}</span>
            <span class={`chip ${line.state === 'sent' ? 'ok' : line.state === 'queued' ? 'warn' : 'late'}`}>{tOr(`told.state.${line.state}`, line.state)}</span>
            {line.state === 'queued' && line.next_at && <span class="small second">{t('told.next', { at: moment(line.next_at) })}</span>}
          </span>
          <Tries of={line} />
        </li>
      ))}
    </ol>
  )
}

function PlaceCard({ place, changed, fail }: { place: Place; changed: () => void; fail: (cause: unknown) => void }): JSX.Element {
  const [open, setOpen] = useState(false)
  const [leaving, setLeaving] = useState(false)
  const test = (): void => void ask(`${ROOT}/${place.id}/test`, { method: 'POST' }).then(() => (toast(t('told.testSent')), setOpen(true)), fail)
  const again = (): void =>
    void ask<Schemas['SentAgain']>(`${ROOT}/${place.id}/again`, { method: 'POST' }).then(({ queued }) => {
      toast(t('told.againSent', { n: number(queued) }))
      setOpen(true)
      changed()
    }, fail)
  const remove = (): void => void ask(`${ROOT}/${place.id}`, { method: 'DELETE' }).then(changed, fail)
  return (
    <li class="card stack">
      <div class="row wrap">
        <span class="chip">{tOr(`told.channel.${place.channel}`, place.channel)}</span>
        <span class="strong grow told-target">{place.target}</span>
        <span class="small second">{place.kinds.length ? place.kinds.map((kind) => tOr(`told.kind.${kind}`, kind)).join(', ') : t('told.everyKind')}</span>
      </div>
      <p class="small">
        {t('told.counts', { queued: number(place.queued), sent: number(place.sent) })}
        {place.given_up > 0 && <span class="chip late">{t('told.givenUp', { n: number(place.given_up) })}</span>}
      </p>
      <div class="row wrap">
        <button type="button" class="button" aria-expanded={open} aria-label={t('told.ledgerOf', { target: place.target })} onClick={() => setOpen(!open)}>
          {t('told.ledger')}
        </button>
        <button type="button" class="button" aria-label={t('told.testOf', { target: place.target })} onClick={test}>
          {t('told.test')}
        </button>
        {place.given_up > 0 && (
          <button type="button" class="button" aria-label={t('told.againOf', { target: place.target })} onClick={again}>
            {t('told.again')}
          </button>
        )}
        <span class="grow" />
        {leaving && <span class="small">{t('told.removeHint')}</span>}
        <button type="button" class="button danger" aria-label={leaving ? `${t('told.removeSure')} ${place.target}` : t('told.removeOf', { target: place.target })} onClick={() => (leaving ? remove() : setLeaving(true))}>
          {t(leaving ? 'told.removeSure' : 'told.remove')}
        </button>
      </div>
      {open && <Ledger place={place} />}
    </li>
  )
}

function AddForm({ added }: { added: (secret: string) => void }): JSX.Element {
  const [channel, setChannel] = useState('webhook')
  const [target, setTarget] = useState('')
  const [kinds, setKinds] = useState<string[]>([])
  const [failure, setFailure] = useState<unknown>(null)
  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (!target.trim()) return
    try {
      const made = await ask<Schemas['WebhookMade']>(ROOT, { method: 'POST', body: { channel, target: target.trim(), kinds } })
      setTarget('')
      setFailure(null)
      added(made.secret)
    } catch (cause) {
      setFailure(cause)
    }
  }
  return (
    <form class="card stack" onSubmit={(event) => void onSubmit(event)} aria-label={t('told.add')}>
      <div class="admin-fields">
        <div class="field">
          <label for="told-channel">{t('told.channel')}</label>
          <select id="told-channel" class="input" value={channel} onChange={(event) => setChannel(event.currentTarget.value)}>
            {(['webhook', 'mail'] as const).map((each) => (
              <option key={each} value={each}>
                {t(`told.channel.${each}`)}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="told-target">{t(channel === 'mail' ? 'told.mailbox' : 'told.url')}</label>
          <input id="told-target" class="input" value={target} maxLength={500} autocomplete="off" onInput={(event) => setTarget(event.currentTarget.value)} />
        </div>
      </div>
      <fieldset class="row wrap told-kinds">
        <legend class="small second">{t('told.kinds')}</legend>
        {KINDS.map((kind) => (
          <label key={kind} class="row small check-field" for={`told-${kind}`}>
            <input id={`told-${kind}`} type="checkbox" checked={kinds.includes(kind)} onChange={(event) => setKinds(event.currentTarget.checked ? [...kinds, kind] : kinds.filter((each) => each !== kind))} />
            {t(`told.kind.${kind}`)}
          </label>
        ))}
      </fieldset>
      {failure !== null && <ErrorNote error={failure} />}
      <button type="submit" class="button primary" aria-disabled={!target.trim()}>
        {t('told.addDo')}
      </button>
    </form>
  )
}

/** Who outside the page is told of cases and clocks, and the ledger of what was sent: tries, answers, failures. */
export function Told(): JSX.Element {
  const [places, setPlaces] = useState<Place[] | null>(null)
  const [secret, setSecret] = useState('')
  const [failure, setFailure] = useState<unknown>(null)
  const load = (): void => void ask<{ webhooks: Place[] }>(ROOT).then((found) => (setPlaces(found.webhooks), setFailure(null)), setFailure)
  useEffect(load, [])
  return (
    <section class="stack told" aria-labelledby="told">
      <h2 id="told">{t('told.title')}</h2>
      <p class="second small">{t('told.lead')}</p>
      {failure !== null && <ErrorNote error={failure} retry={load} />}
      {secret && (
        <div class="note warn stack" role="status">
          <p>{t('told.secret')}</p>
          <p class="one-time">
            <code>{secret}</code>
          </p>
        </div>
      )}
      {places === null && failure === null && <Skeleton rows={3} />}
      {places?.length === 0 && <Empty icon="bell" title={t('told.nobody')} hint={t('told.nobodyHint')} />}
      <ul class="accounts" aria-label={t('told.title')}>
        {places?.map((place) => (
          <PlaceCard key={place.id} place={place} changed={load} fail={setFailure} />
        ))}
      </ul>
      <AddForm added={(made) => (setSecret(made), load())} />
    </section>
  )
}
