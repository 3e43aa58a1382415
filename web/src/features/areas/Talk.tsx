import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { t, tOr } from '../../i18n'
import { moment, number, position } from '../../i18n/format'
import { store } from '../../map/store'
import { Empty, ErrorNote, Skeleton } from '../../ui/states'
import { SelectField } from '../../ui/fields'
import { Composer } from '../planner/life/Composer'
import { mayComment } from '../planner/life/life'
import { PassageRow } from '../planner/life/Passages'
import { bright, comments, say, steps, type WholeChange } from './areas'

/** Writes on the change set, on one of its areas, or at a place. */
function NewComment({ of }: { of: WholeChange }): JSX.Element {
  const [area, setArea] = useState('')
  const place = store.place.value
  const options = new Map([...of.ended, ...of.areas].map((one) => [one.code, `${one.name} (${one.code})`]))
  return (
    <Composer id="area-comment" about={of.change.id} pin={place && position(place.lon, place.lat)} send={(text, point) => say(of.change.id, text, area || null, point)}>
      <SelectField id="area-comment-on" label={t('areas.about')} value={area} options={[['', t('areas.wholeSet')], ...options]} onChange={setArea} />
    </Composer>
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
      {mayComment.value && of.change.status !== 'retired' && <NewComment of={of} />}
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
              <PassageRow key={step.id} name={tOr(`areas.action.${step.action}`, tOr(`life.action.${step.action}`, step.action))} actor={step.actor} at={step.at} note={step.note}>
                {doors !== undefined && <p class="small muted">{t('areas.factDoors', { n: number(doors) })}</p>}
              </PassageRow>
            )
          })}
        </ol>
      </section>
    </div>
  )
}
