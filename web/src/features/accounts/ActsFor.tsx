import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../api/client'
import { t } from '../../i18n'
import type { ScopesProps } from './AccountCard'
import { PostField } from './PostField'

/** Whom an account acts for: the unit whose tasks are its own, and the member of staff whose grids are. */
export function ActsFor({ account, where, own, act }: ScopesProps): JSX.Element {
  const now = account.acts_for
  const [staff, setStaff] = useState(now?.staff ?? '')
  useEffect(() => setStaff(now?.staff ?? ''), [now?.staff])
  const said = [now?.unit && `${now.unit_name ?? ''} (${now.unit})`, now?.staff && `${now.staff_name ?? ''} (${now.staff})`].filter(Boolean)

  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const body = { unit: (form.get('unit') as string).trim() || null, staff: staff.trim() || null }
    void act(() => ask(`${where}/acts-for`, { method: 'PUT', body }))
  }
  return (
    <>
      <h3>{t('acc.actsFor')}</h3>
      <p class={said.length ? '' : 'second'}>{said.length ? said.join(' · ') : t('acc.actsForNobody')}</p>
      {!own && (
        <form class="admin-fields" onSubmit={onSubmit}>
          <PostField id={`unit-${account.id}`} name="unit" label={t('acc.unit')} of="units" value={now?.unit ?? ''} />
          <div class="field">
            <label for={`staff-${account.id}`}>{t('acc.staff')}</label>
            <input id={`staff-${account.id}`} class="input" autocomplete="off" value={staff} onInput={(event) => setStaff(event.currentTarget.value)} />
          </div>
          <button type="submit" class="button">
            {t('acc.linkTo')}
          </button>
        </form>
      )}
    </>
  )
}
