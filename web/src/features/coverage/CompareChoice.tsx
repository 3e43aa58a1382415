import type { JSX } from 'preact'
import { planId, plans } from '../../api/data'
import { ask, query } from '../../api/client'
import { resource } from '../../api/resource'
import { t, tOr } from '../../i18n'
import { store } from '../../map/store'
import { changed, needsOf } from './needs'
import { compareWith, comparison, needs, report } from './desk'
import { Choice, Options } from './Choice'
import type { Run } from './types'
import { WhenFields, whenWords } from './When'

const MOST_RUNS = 8

const earlier = resource(async (abort) => {
  const plan = report.peek()?.run.plan_id
  return plan ? (await ask<{ runs: Run[] }>(`/api/v1/coverage/runs${query({ plan, limit: MOST_RUNS })}`, { signal: abort })).runs : null
})

/** What a run stands for: its plan, when, and what it counted. */
export function runWords(run: Run): string {
  const of = needsOf(run)
  const name = plans.data.value?.find((one) => one.id === run.plan_id)?.name
  const parts = [run.plan_id === planId.value ? null : name, whenWords(of, run.at), of.level && tOr(`cov.level.${of.level}`, of.level), t('cov.needK', { n: of.k }), t(`cov.status.${of.status}`)]
  return parts.filter(Boolean).join(' · ')
}

/** What sets a run apart from the one on screen: when, and any other choice that differs. */
function difference(run: Run): string {
  const [of, here] = [needsOf(run), needs.value]
  const name = plans.data.value?.find((one) => one.id === run.plan_id)?.name
  const parts = [
    run.plan_id === report.value?.run.plan_id ? null : name,
    whenWords(of, run.at),
    of.level !== here.level && (of.level ? tOr(`cov.level.${of.level}`, of.level) : t('cov.levelNone')),
    of.k !== here.k && t('cov.needK', { n: of.k }),
    of.status !== here.status && t(`cov.status.${of.status}`),
  ]
  return parts.filter(Boolean).join(' · ')
}

function CompareMenu({ close }: { close: () => void }): JSX.Element {
  const here = report.value
  const others = (plans.data.value ?? []).filter((one) => one.id !== here?.run.plan_id && one.kind === plans.data.value?.find((it) => it.id === here?.run.plan_id)?.kind)
  const runs = (earlier.data.value ?? []).filter((one) => one.id !== here?.run.id)
  if (!earlier.data.value && !earlier.error.value) void earlier.load()
  return (
    <div class="when-menu">
      <Options
        close={close}
        options={[{ id: '', words: t('cov.compareNone'), current: !store.compare.value, pick: () => (store.compare.value = null) }]}
      />
      <div class="rule" />
      <WhenFields before close={close} pick={(choice) => here && void compareWith({ plan: here.run.plan_id, needs: changed(needs.value, choice) })} />
      {others.length > 0 && (
        <>
          <div class="rule" />
          <h3>{t('cov.comparePlan')}</h3>
          <Options
            close={close}
            options={others.map((one) => ({
              id: one.id,
              words: one.name,
              current: false,
              pick: () => void compareWith({ plan: one.id, needs: needs.value }),
            }))}
          />
        </>
      )}
      {runs.length > 0 && (
        <>
          <div class="rule" />
          <h3>{t('cov.compareRun')}</h3>
          <Options
            close={close}
            options={runs.map((one) => ({
              id: one.id,
              words: runWords(one),
              current: store.compare.value === one.id,
              pick: () => void compareWith({ run: one.id }),
            }))}
          />
        </>
      )}
    </div>
  )
}

/** What the run on screen is compared with. */
export function CompareChoice(): JSX.Element {
  const other = comparison.data.value?.a
  const value = other ? difference(other) : store.compare.value ? t('cov.comparing') : t('cov.compareNone')
  return (
    <Choice name={t('cov.compare')} value={value}>
      {(close) => <CompareMenu close={close} />}
    </Choice>
  )
}
