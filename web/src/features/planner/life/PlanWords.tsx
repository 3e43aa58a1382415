import type { JSX } from 'preact'
import { plans } from '../../../api/data'
import type { Plan } from '../../../api/types'
import { t, tOr } from '../../../i18n'
import { store } from '../../../map/store'
import { inForce } from './words'

/** What stands beside a plan's name: its kind, what it is based on, since when it is in force, who drew it. */
export function PlanWords({ of }: { of: Plan }): JSX.Element {
  const base = plans.data.value?.find((one) => one.id === of.based_on)
  const time = inForce(of)
  const [before = '', after = ''] = t('life.basedOn', { name: '\n' }).split('\n')
  return (
    <>
      {tOr(`planKind.${of.kind}`, of.kind)}
      {base && (
        <>
          {' · '}
          {before}
          <button type="button" class="link inline" onClick={() => (store.plan.value = base.id)}>
            {base.name}
          </button>
          {after}
        </>
      )}
      {time && ` · ${time}`}
      {of.author ? ` · ${t('planner.author', { name: of.author })}` : ''}
    </>
  )
}
