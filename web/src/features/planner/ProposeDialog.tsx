import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { ask } from '../../api/client'
import { planGrids, plans, territory } from '../../api/data'
import { follow } from '../../api/jobs'
import type { Job, Plan } from '../../api/types'
import { t, tOr } from '../../i18n'
import { number } from '../../i18n/format'
import { store } from '../../map/store'
import { Dialog } from '../../ui/Dialog'
import { ErrorNote, sentence } from '../../ui/states'
import { toast } from '../../ui/toast'
import { type Wish, badBand, badBank, badTarget, badTolerance, bodyOf, usualWish } from './proposal'

export const proposing = signal(false)

const KINDS = ['household', 'natural_village', 'micro', 'ten_household', 'cell', 'water'] as const
const EVEN = ['incidents', 'area', 'cameras', 'walk'] as const
const BORDERS = ['0.1', '0.3', '1'] as const

interface Moved {
  households: number
  share: number
}

async function propose(wish: Wish): Promise<void> {
  const body = { territory: territory.value?.id, ...bodyOf(wish) }
  const answer = await ask<{ job: Job }>('/api/v1/plans', { method: 'POST', body })
  proposing.value = false
  const job = await follow(t('planner.proposing'), answer.job)
  if (job.state === 'cancelled') {
    toast(t('job.stopped'))
    return
  }
  const made = job.result?.plan_id as string | undefined
  if (made) {
    const { plan: found } = await ask<{ plan: Plan }>(`/api/v1/plans/${made}`)
    store.plan.value = made
    const moved = job.result?.moved as Moved | null | undefined
    const ready = t('planner.proposed', { name: found.name })
    toast(moved ? `${ready} · ${t('planner.moved', { n: number(moved.households), share: number(100 * moved.share, 1) })}` : ready)
  }
  await plans.load()
}

function Check(props: { id: string; words: string; on: boolean; change: (on: boolean) => void }): JSX.Element {
  return (
    <label class="row small" for={props.id}>
      <input id={props.id} type="checkbox" checked={props.on} onChange={(event) => props.change(event.currentTarget.checked)} />
      {props.words}
    </label>
  )
}

function HouseholdWishes({ wish, set }: { wish: Wish; set: (part: Partial<Wish>) => void }): JSX.Element {
  const inUse = planGrids.data.value?.plan.kind === 'household'
  return (
    <>
      <fieldset class="field">
        <legend>{t('planner.even')}</legend>
        <div class="row fields wrap">
          {EVEN.map((what) => (
            <Check
              key={what}
              id={`wish-even-${what}`}
              words={t(`planner.even.${what}`)}
              on={wish.even.includes(what)}
              change={(on) => set({ even: on ? [...wish.even, what] : wish.even.filter((one) => one !== what) })}
            />
          ))}
        </div>
      </fieldset>
      <div class="field">
        <label for="wish-borders">{t('planner.borders')}</label>
        <select id="wish-borders" class="input" value={wish.borders} onChange={(event) => set({ borders: event.currentTarget.value })}>
          {BORDERS.map((cost) => (
            <option key={cost} value={cost}>
              {t(`planner.borders.${cost}`)}
            </option>
          ))}
        </select>
      </div>
      <Check id="wish-rural" words={t('planner.rural')} on={wish.rural} change={(rural) => set({ rural })} />
      {inUse && <Check id="wish-keep" words={t('planner.keep')} on={wish.keep} change={(keep) => set({ keep })} />}
    </>
  )
}

/** Asks how grids should be, and starts the job that proposes them. */
export function ProposeDialog(): JSX.Element {
  const [wish, setWish] = useState<Wish>(usualWish('household'))
  const [failure, setFailure] = useState<unknown>(null)
  const close = (): void => void (proposing.value = false)
  const set = (part: Partial<Wish>): void => setWish((now) => ({ ...now, ...part }))
  const faults = { target: badTarget(wish), band: badBand(wish), tolerance: badTolerance(wish), bank: badBank(wish) }
  const bad = faults.target || faults.band || faults.tolerance || faults.bank
  const start = (event: SubmitEvent): void => {
    event.preventDefault()
    if (bad) return
    propose(wish).catch((cause: unknown) => {
      if (proposing.value) setFailure(cause)
      else toast(t('job.failed', { why: sentence(cause) }))
    })
  }
  const text = (name: 'target' | 'tolerance' | 'seed' | 'band' | 'bank', words: string, wrong: string | null, hint?: string): JSX.Element => (
    <div class="field grow">
      <label for={`wish-${name}`}>{words}</label>
      <input
        id={`wish-${name}`}
        class="input"
        inputMode={name === 'band' ? 'text' : 'numeric'}
        value={wish[name]}
        aria-invalid={wrong !== null}
        aria-describedby={wrong ? `wish-${name}-error` : undefined}
        onInput={(event) => set({ [name]: event.currentTarget.value })}
      />
      {wrong && (
        <span id={`wish-${name}-error`} class="error">
          {wrong}
        </span>
      )}
      {hint && !wrong && <span class="hint">{hint}</span>}
    </div>
  )
  const footer = (
    <>
      <button type="submit" form="propose-form" class="button primary" aria-disabled={bad}>
        {t('planner.start')}
      </button>
      <button type="button" class="button" onClick={close}>
        {t('common.cancel')}
      </button>
    </>
  )
  const cells = wish.kind === 'cell'
  const water = wish.kind === 'water'
  return (
    <Dialog title={t('planner.proposeTitle')} hint={t(water ? 'water.proposeHint' : 'planner.proposeHint')} onClose={close} footer={footer}>
      <form id="propose-form" class="stack" onSubmit={start}>
        <div class="field">
          <label for="wish-kind">{t('planner.kind')}</label>
          <select id="wish-kind" class="input" value={wish.kind} onChange={(event) => setWish(usualWish(event.currentTarget.value, wish))}>
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {tOr(`planKind.${kind}`, kind)}
              </option>
            ))}
          </select>
        </div>
        <div class="row fields">
          {text('target', t(water ? 'water.targetLabel' : cells ? 'planner.targetCell' : 'planner.target'), faults.target ? t(water ? 'water.targetError' : 'planner.targetError') : null)}
          {water && text('bank', t('water.bank'), faults.bank ? t('water.bankError') : null)}
          {!cells && !water && text('band', t('planner.band'), faults.band ? t('planner.bandError') : null, t('planner.bandHint'))}
        </div>
        <div class="row fields">
          {!water && text('tolerance', t('planner.tolerance'), faults.tolerance ? t('planner.toleranceError') : null)}
          {text('seed', t('planner.seed'), null, t('planner.seedHint'))}
        </div>
        {wish.kind === 'household' && <HouseholdWishes wish={wish} set={set} />}
        {failure !== null && <ErrorNote error={failure} />}
      </form>
    </Dialog>
  )
}
