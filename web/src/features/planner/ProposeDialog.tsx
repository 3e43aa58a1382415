import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { ask } from '../../api/client'
import { planGrids, plans, territory } from '../../api/data'
import { resultOf, Stopped } from '../../api/jobs'
import type { Job, Plan } from '../../api/types'
import { t, tOr } from '../../i18n'
import { number } from '../../i18n/format'
import { store } from '../../map/store'
import { CheckField, FormDialog, SelectField, TextField } from '../../ui/fields'
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
  const result = await resultOf<{ plan_id?: string; moved?: Moved | null } | null>(t('planner.proposing'), answer.job)
  const made = result?.plan_id
  if (made) {
    const { plan: found } = await ask<{ plan: Plan }>(`/api/v1/plans/${made}`)
    store.plan.value = made
    const moved = result?.moved
    const ready = t('planner.proposed', { name: found.name })
    toast(moved ? `${ready} · ${t('planner.moved', { n: number(moved.households), share: number(100 * moved.share, 1) })}` : ready)
  }
  await plans.load()
}

function HouseholdWishes({ wish, set }: { wish: Wish; set: (part: Partial<Wish>) => void }): JSX.Element {
  const inUse = planGrids.data.value?.plan.kind === 'household'
  return (
    <>
      <fieldset class="field">
        <legend>{t('planner.even')}</legend>
        <div class="row fields wrap">
          {EVEN.map((what) => (
            <CheckField
              key={what}
              id={`wish-even-${what}`}
              words={t(`planner.even.${what}`)}
              on={wish.even.includes(what)}
              change={(on) => set({ even: on ? [...wish.even, what] : wish.even.filter((one) => one !== what) })}
            />
          ))}
        </div>
      </fieldset>
      <SelectField id="wish-borders" label={t('planner.borders')} value={wish.borders} options={BORDERS.map((cost) => [cost, t(`planner.borders.${cost}`)])} onChange={(borders) => set({ borders })} />
      <CheckField id="wish-rural" words={t('planner.rural')} on={wish.rural} change={(rural) => set({ rural })} />
      {inUse && <CheckField id="wish-keep" words={t('planner.keep')} on={wish.keep} change={(keep) => set({ keep })} />}
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
  const start = (): void => {
    if (bad) return
    propose(wish).catch((cause: unknown) => {
      if (proposing.value) setFailure(cause)
      else toast(cause instanceof Stopped ? sentence(cause) : t('job.failed', { why: sentence(cause) }))
    })
  }
  const text = (name: 'target' | 'tolerance' | 'seed' | 'band' | 'bank', words: string, error: string | null, hint?: string): JSX.Element => (
    <TextField id={`wish-${name}`} label={words} error={error} hint={hint} inputMode={name === 'band' ? 'text' : 'numeric'} value={wish[name]} onInput={(value) => set({ [name]: value })} />
  )
  const cells = wish.kind === 'cell'
  const water = wish.kind === 'water'
  return (
    <FormDialog
      title={t('planner.proposeTitle')}
      hint={t(water ? 'water.proposeHint' : 'planner.proposeHint')}
      form="propose-form"
      submit={t('planner.start')}
      barred={bad}
      onSubmit={start}
      onClose={close}
    >
      <SelectField id="wish-kind" label={t('planner.kind')} autofocus value={wish.kind} options={KINDS.map((kind) => [kind, tOr(`planKind.${kind}`, kind)])} onChange={(kind) => setWish(usualWish(kind, wish))} />
      <div class="row fields">
        {text('target', t(water ? 'water.targetLabel' : cells ? 'planner.targetCell' : 'planner.target'), faults.target ? t(water ? 'water.targetError' : 'planner.targetError') : null)}
        {water && text('bank', t('water.bank'), faults.bank ? t('water.bankError') : null)}
        {!cells && !water && text('band', t('planner.band'), faults.band ? t('planner.bandError') : null, t('planner.bandHint'))}
      </div>
      <div class="row fields">
        {!water && text('tolerance', t('planner.tolerance'), faults.tolerance ? t('planner.toleranceError') : null)}
        {text('seed', t('planner.seed'), null, t('planner.seedHint'))}
      </div>
      {water && <CheckField id="wish-sluices" words={t('water.sluices')} on={wish.sluices} change={(sluices) => set({ sluices })} />}
      {wish.kind === 'household' && <HouseholdWishes wish={wish} set={set} />}
      {failure !== null && <ErrorNote error={failure} />}
    </FormDialog>
  )
}
