import { useEffect, useState } from 'preact/hooks'
import type { JSX } from 'preact'
import { ask, Problem } from '../../api/client'
import { stopEvents } from '../../api/events'
import { Icon } from '../../ui/Icon'
import { t, tOr } from '../../i18n'
import type { components } from '../../api/schema'

type Duty = components['schemas']['AccountDuty']

const rolesOf = (duty: Duty): string => duty.roles.map((role) => tOr(`acc.role.${role}`, role)).join(', ')
const areasOf = (duty: Duty): string => duty.areas?.map((area) => area.name ?? area.path).join(', ') ?? t('acc.everywhere')

/** In the account menu: the duties of an account with several, of which it acts in one; another one opens the page anew. */
export function Duties(): JSX.Element | null {
  const [duties, setDuties] = useState<Duty[]>([])
  const [failure, setFailure] = useState('')
  useEffect(() => {
    ask<{ duties: Duty[] }>('/api/v1/session/duties').then(
      (found) => setDuties(found.duties),
      () => setDuties([]),
    )
  }, [])
  const act = async (duty: Duty): Promise<void> => {
    try {
      await ask('/api/v1/session/duty', { method: 'PUT', body: { duty: duty.key } })
      stopEvents()
      location.reload()
    } catch (error) {
      setFailure(error instanceof Problem ? error.message : t('acc.dutyFailed'))
    }
  }
  if (duties.length < 2 && duties[0]?.current !== false) return null
  return (
    <div role="group" aria-label={t('acc.duties')}>
      <h3>{t('acc.duties')}</h3>
      {duties.map((duty) => (
        <button key={duty.key} type="button" aria-pressed={duty.current} onClick={() => !duty.current && void act(duty)}>
          <Icon name={duty.current ? 'check' : 'person'} />
          <span class="grow">
            {areasOf(duty)} · {rolesOf(duty)}
          </span>
        </button>
      ))}
      {failure && (
        <p class="small pad" role="alert">
          {failure}
        </p>
      )}
      <div class="rule" />
    </div>
  )
}
