import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { batch } from '@preact/signals'
import { plan, planId, plans } from '../../../api/data'
import type { Plan } from '../../../api/types'
import { t, tOr } from '../../../i18n'
import { moment } from '../../../i18n/format'
import { store } from '../../../map/store'
import { Icon } from '../../../ui/Icon'
import { Menu } from '../../../ui/Menu'
import { StatusChip } from './StatusChip'

const STATES = ['draft', 'review', 'scheduled', 'published', 'retired'] as const
const kind = signal('')
const state = signal('')

/** Plans of a kind and state; an empty choice takes all. */
export function filtered(all: readonly Plan[], ofKind: string, ofState: string): Plan[] {
  return all.filter((one) => (!ofKind || one.kind === ofKind) && (!ofState || one.status === ofState))
}

function Choice(props: { name: string; all: string; value: string; options: [string, string][]; set: (value: string) => void }): JSX.Element {
  return (
    <label class="grow">
      <span class="visually-hidden">{props.name}</span>
      <select class="input" value={props.value} onChange={(event) => props.set(event.currentTarget.value)}>
        <option value="">{props.all}</option>
        {props.options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  )
}

/** The picker of plans, newest first, by kind and state. */
export function PlanPicker(): JSX.Element {
  const now = plan.value
  const all = plans.data.value ?? []
  const kinds = [...new Set(all.map((one) => one.kind))].map((one): [string, string] => [one, tOr(`planKind.${one}`, one)])
  const shown = filtered(all, kind.value, state.value)
  const open = (id: string): void =>
    batch(() => {
      store.plan.value = id
      store.grid.value = null
      store.at.value = null
      if (store.compare.value === id) store.compare.value = null
    })
  const label = (
    <>
      <span class="ellipsis strong">{now?.name ?? t('planner.pick')}</span>
      <Icon name="down" />
    </>
  )
  return (
    <Menu name={t('planner.pick')} buttonClass="button quiet plan-picker" label={label}>
      {(close) => (
        <div class="plan-menu">
          {all.length > 1 && (
            <div class="row menu-filter">
              <Choice name={t('life.filterKind')} all={t('life.allKinds')} value={kind.value} options={kinds} set={(value) => (kind.value = value)} />
              <Choice
                name={t('life.filterState')}
                all={t('life.allStates')}
                value={state.value}
                options={STATES.map((one) => [one, t(`status.${one}`)])}
                set={(value) => (state.value = value)}
              />
            </div>
          )}
          {shown.map((one) => (
            <button
              key={one.id}
              type="button"
              aria-current={one.id === planId.value}
              onClick={() => {
                open(one.id)
                close()
              }}
            >
              <span class="grow">
                {one.name}
                <span class="block small muted">
                  {tOr(`planKind.${one.kind}`, one.kind)} · {moment(one.created_at)}
                </span>
              </span>
              <StatusChip status={one.status} />
            </button>
          ))}
          {shown.length === 0 && <p class="menu-note small muted">{t('life.noPlans')}</p>}
        </div>
      )}
    </Menu>
  )
}
