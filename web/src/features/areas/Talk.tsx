import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { t, tOr } from '../../i18n'
import { moment, number, position } from '../../i18n/format'
import { store } from '../../map/store'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { SelectField, TextField } from '../../ui/fields'
import { ComposerFoot } from '../planner/life/ComposerFoot'
import { mayComment } from '../planner/life/life'
import { bright, comments, say, steps, type WholeChange } from './areas'

function Composer({ of }: { of: WholeChange }): JSX.Element {
  const [text, setText] = useState('')
  const [area, setArea] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)
  const place = store.place.value
  const options = new Map([...of.ended, ...of.areas].map((one) => [one.code, `${one.name} (${one.code})`]))
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (busy || !text.trim()) return
    setBusy(true)
    try {
      await say(of.change.id, text.trim(), area || null, place ? [place.lon, place.lat] : null)
      setText('')
      store.place.value = null
      setFailure(null)
    } catch (cause) {
      setFailure(cause)
    }
    setBusy(false)
  }
  return (
    <form class="composer stack" onSubmit={(event) => void send(event)}>
      <TextField id="area-comment" label={t('life.newComment')} rows={2} maxLength={2000} value={text} placeholder={t('life.commentHint')} onInput={setText} />
      <SelectField id="area-comment-on" label={t('areas.about')} value={area} options={[['', t('areas.wholeSet')], ...options]} onChange={setArea} />
      <ComposerFoot pin={place && position(place.lon, place.lat)} ready={!busy && text.trim() !== ''} failure={failure} />
    </form>
  )
}

/** What was said of a change set, with a place to say more. */
export function Talk({ of }: { of: WholeChange }): JSX.Element {
  const all = comments.data.value
  if (comments.error.value) return <ErrorNote error={comments.error.value} retry={() => void comments.load()} />
  if (!all) return <Skeleton rows={3} />
  const nameOf = (code: string): string => [...of.areas, ...of.ended].find((one) => one.code === code)?.name ?? code
  return (
    <div class="check-tab" id="table" tabIndex={-1}>
      {mayComment.value && of.change.status !== 'retired' && <Composer of={of} />}
      {all.length === 0 && <Empty icon="chat" title={t('life.noComments')} hint={t('areas.noCommentsHint')} />}
      <ul class="threads">
        {all.map((one) => (
          <li key={one.id} class="thread">
            <div class="remark">
              <p class="row small">
                <span class="strong">{one.author ?? '–'}</span>
                <span class="grow muted">{moment(one.created_at)}</span>
                {one.area_code && (
                  <button type="button" class="link" onClick={() => (bright.value = one.area_code)}>
                    {nameOf(one.area_code)}
                  </button>
                )}
                {one.point && (
                  <button type="button" class="link num" onClick={() => (store.goTo.value = { at: one.point as [number, number] })}>
                    {position(one.point[0] as number, one.point[1] as number)}
                  </button>
                )}
              </p>
              <p class="remark-text">{one.text}</p>
            </div>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** What happened to a change set, newest first. */
export function Past(): JSX.Element {
  const all = steps.data.value
  if (steps.error.value) return <ErrorNote error={steps.error.value} retry={() => void steps.load()} />
  if (!all) return <Skeleton rows={3} />
  return (
    <div class="check-tab" id="table" tabIndex={-1}>
      <section class="history-part">
        <ol class="passages">
          {[...all].reverse().map((step) => {
            const doors = (step.facts as Record<string, number | undefined>).dwellings_reassigned
            return (
              <li key={step.id} class="passage">
                <p class="row">
                  <span class="strong">{tOr(`areas.action.${step.action}`, tOr(`life.action.${step.action}`, step.action))}</span>
                  <span class="grow small second">{step.actor ?? t('life.byItself')}</span>
                  <span class="small muted">{moment(step.at)}</span>
                </p>
                {step.note && <p class="remark-text">{step.note}</p>}
                {doors !== undefined && <p class="small muted">{t('areas.factDoors', { n: number(doors) })}</p>}
              </li>
            )
          })}
        </ol>
      </section>
    </div>
  )
}
