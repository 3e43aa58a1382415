import { batch, signal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { coverage, plan, planId, plans, territory } from '../../api/data'
import { limited } from '../../api/rights'
import { t, tOr } from '../../i18n'
import { number } from '../../i18n/format'
import { store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { Choice, Options, type Option } from './Choice'
import { CompareChoice } from './CompareChoice'
import { area, choose, isBehind, levels, needs, report, tree } from './desk'
import { STATUSES, type Level } from './types'
import { WhenFields, whenWords } from './When'

/** The level above the public ceiling that is being asked for: it needs places and a reason. */
export const closedLevel = signal<string | null>(null)

function AreaChoice(): JSX.Element {
  const whole = territory.value?.name ?? ''
  const value = area.value?.name || (area.value?.code ?? whole)
  return (
    <Choice name={t('cov.area')} value={value}>
      {(close) => (
        <>
          <Options
            close={close}
            options={[
              { id: '', words: t('cov.wholeArea', { name: whole }), current: !area.value, pick: () => (store.area.value = null) },
              ...tree.value.map((one) => ({
                id: one.id,
                words: one.name || one.code,
                hint: tOr(`cov.kind.${one.kind}`, one.kind),
                depth: one.depth - Math.min(...tree.value.map((it) => it.depth)) + 1,
                current: area.value?.id === one.id,
                pick: () => (store.area.value = one.code),
              })),
            ]}
          />
          <div class="rule" />
          <h3>{t('cov.plan')}</h3>
          <Options
            close={close}
            options={(plans.data.value ?? []).map((one) => ({
              id: one.id,
              words: one.name,
              hint: tOr(`status.${one.status}`, one.status),
              current: one.id === planId.value,
              pick: () =>
                batch(() => {
                  store.plan.value = one.id
                  store.run.value = null
                  store.compare.value = null
                  store.grid.value = null
                }),
            }))}
          />
        </>
      )}
    </Choice>
  )
}

function WhenChoice(): JSX.Element {
  const asked = needs.value
  const at = report.value?.run.at ?? ''
  return (
    <Choice name={t('cov.asOf')} value={whenWords(asked, at)}>
      {(close) => (
        <div class="when-menu">
          <Options
            close={close}
            options={[{ id: 'now', words: t('cov.now'), hint: t('cov.nowHint'), current: !asked.on && !asked.month, pick: () => void choose({ on: null, month: null }) }]}
          />
          <div class="rule" />
          <WhenFields pick={(choice) => void choose(choice)} close={close} />
        </div>
      )}
    </Choice>
  )
}

const levelName = (name: string): string => tOr(`cov.level.${name}`, name)

function LevelChoice(): JSX.Element {
  const now = needs.value.level
  const options = (all: Level[]): Option[] =>
    all.map((one) => ({
      id: one.name,
      words: levelName(one.name),
      hint: [t('cov.levelPx', { n: number(one.px_per_m, Number.isInteger(one.px_per_m) ? 0 : 1) }), one.public ? '' : t('cov.levelClosed')].filter(Boolean).join(' · '),
      current: one.name === now,
      pick: () => {
        if (one.public) void choose({ level: one.name })
        else closedLevel.value = one.name
      },
    }))
  return (
    <Choice name={t('cov.level')} value={now ? levelName(now) : t('cov.levelNone')}>
      {(close) => (
        <Options
          close={close}
          options={[
            { id: '', words: t('cov.levelNone'), hint: t('cov.levelNoneHint'), current: now === null, pick: () => void choose({ level: null }) },
            ...options(levels.data.value ?? []),
          ]}
        />
      )}
    </Choice>
  )
}

function NeedChoice(): JSX.Element {
  const now = needs.value.k
  return (
    <Choice name={t('cov.need')} value={t('cov.needK', { n: now })}>
      {(close) => (
        <Options
          close={close}
          options={([1, 2, 3] as const).map((k) => ({
            id: String(k),
            words: t('cov.needK', { n: k }),
            hint: k === 1 ? t('cov.needOne') : t('cov.needHint', { n: k }),
            current: now === k,
            pick: () => void choose({ k }),
          }))}
        />
      )}
    </Choice>
  )
}

function CountChoice(): JSX.Element {
  const now = needs.value.status
  return (
    <Choice name={t('cov.count')} value={t(`cov.status.${now}`)}>
      {(close) => (
        <Options
          close={close}
          options={STATUSES.map((status) => ({ id: status, words: t(`cov.status.${status}`), current: status === now, pick: () => void choose({ status }) }))}
        />
      )}
    </Choice>
  )
}

/** What is asked, from left to right; what it cost; what to do with the answer. */
export function FilterBar({ children }: { children: ComponentChildren }): JSX.Element {
  const here = report.value
  return (
    <div class="deskbar filterbar">
      <h1 class="visually-hidden">
        {t('desk.coverage')} {plan.value?.name}
      </h1>
      <AreaChoice />
      {here && !limited.value && (
        <>
          <WhenChoice />
          <LevelChoice />
          <NeedChoice />
          <CountChoice />
          <CompareChoice />
        </>
      )}
      <span class="grow" />
      {here && isBehind.value && !limited.value ? (
        <button type="button" class="badge stale as-button" data-tip={t('cov.staleHint')} onClick={() => void choose({})}>
          <Icon name="refresh" />
          {t('cov.stale')}
        </button>
      ) : (
        here && (
          <span class="small muted wide-only nowrap" title={coverage.at.value ? t('cov.live') : undefined}>
            {t('coverage.computed', { s: number(here.run.seconds, 1) })}
          </span>
        )
      )}
      {children}
    </div>
  )
}
