import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { ask } from '../../api/client'
import { session } from '../../api/data'
import type { Managed, OneTimeLink } from '../../api/types'
import { t, tOr } from '../../i18n'
import type { Duty } from './AccountsPage'
import { ActsFor } from './ActsFor'
import { PostField } from './PostField'

const ROLES = [
  'planner', 'reviewer', 'intake_officer', 'shift_leader', 'dispatcher', 'handling_unit', 'inspector', 'grid_staff', 'analyst',
  'camera_administrator', 'street_office', 'supervisor', 'outside_body', 'export', 'reporter_contact', 'camera_network',
  'system_administrator', 'security_administrator', 'audit_administrator',
]

interface CardProps {
  account: Managed
  duty: Duty
  onChange: () => void
  onLink: (link: OneTimeLink) => void
  onFail: (cause: unknown) => void
}

const roleName = (role: string): string => tOr(`acc.role.${role}`, role)

function stateOf(one: Managed): string {
  if (one.disabled_at) return t('acc.disabled')
  if (one.locked_at) return t('acc.locked')
  return t(one.must_change ? 'acc.due' : 'acc.active')
}

/** One account, with what this administrator may do to it. */
export function AccountCard({ account, duty, onChange, onLink, onFail }: CardProps): JSX.Element {
  const [said, setSaid] = useState('')
  const where = `/api/v1/accounts/${account.id}`
  const own = account.id === session.value?.account.id

  const act = async (step: () => Promise<unknown>): Promise<void> => {
    try {
      await step()
      onFail(null)
      onChange()
    } catch (cause) {
      onFail(cause)
    }
  }
  const set = (body: Record<string, boolean>): void => void act(() => ask(where, { method: 'PATCH', body }))
  const sure = (what: string): boolean => confirm(t('acc.sure', { what, name: account.name }))
  const reset = (): void => {
    if (sure(t('acc.reset'))) void act(async () => onLink(await ask<OneTimeLink>(`${where}/reset`, { method: 'POST' })))
  }
  const end = (): void =>
    void act(async () => {
      await ask(`${where}/sessions`, { method: 'DELETE' })
      setSaid(t('acc.ended', { name: account.name }))
    })

  return (
    <li class="card stack account-card">
      <div class="row wrap">
        <h2 class="grow">
          {account.display} <span class="second">{account.name !== account.display && account.name}</span>
        </h2>
        <span class={`chip ${account.disabled_at || account.locked_at ? 'outline' : ''}`}>{stateOf(account)}</span>
      </div>
      {duty === 'security_administrator' && <Scopes account={account} where={where} own={own} act={act} />}
      {duty === 'security_administrator' && !account.administrator && <ActsFor account={account} where={where} own={own} act={act} />}
      {!own && (
        <div class="row wrap">
          {duty === 'system_administrator' ? (
            <>
              <button type="button" class="button" onClick={() => (account.disabled_at || sure(t('acc.disable'))) && set({ disabled: !account.disabled_at })}>
                {t(account.disabled_at ? 'acc.enable' : 'acc.disable')}
              </button>
              {!account.administrator && (
                <button type="button" class="button" onClick={reset}>
                  {t('acc.reset')}
                </button>
              )}
            </>
          ) : (
            <>
              <button type="button" class="button" onClick={() => set({ locked: !account.locked_at })}>
                {t(account.locked_at ? 'acc.unlock' : 'acc.lock')}
              </button>
              <button type="button" class="button" onClick={end}>
                {t('acc.endSessions')}
              </button>
            </>
          )}
          <span aria-live="polite">{said}</span>
        </div>
      )}
    </li>
  )
}

export interface ScopesProps {
  account: Managed
  where: string
  own: boolean
  act: (step: () => Promise<unknown>) => Promise<void>
}

function Scopes({ account, where, own, act }: ScopesProps): JSX.Element {
  const onSubmit = (event: SubmitEvent): void => {
    event.preventDefault()
    const said = new FormData(event.currentTarget as HTMLFormElement)
    const last = said.get('until')
    const until = last ? new Date(`${last as string}T23:59:59`).toISOString() : null
    const body = { role: said.get('role'), area: (said.get('area') as string).trim() || null, until }
    void act(() => ask(`${where}/scopes`, { method: 'POST', body }))
  }
  return (
    <>
      <h3>{t('acc.roles')}</h3>
      {account.scopes?.length === 0 && <p class="second">{t('acc.noRoles')}</p>}
      <ul class="scopes">
        {account.scopes?.map((one) => (
          <li key={one.id} class="row wrap">
            <span class="grow">
              {roleName(one.role)} · {one.area_path ? (one.area_name ? `${one.area_name} (${one.area_path.split('.').pop()})` : one.area_path) : t('acc.everywhere')}
              {one.until && ` · ${t('acc.until', { day: one.until.slice(0, 10) })}`}
            </span>
            {!own && (
              <button
                type="button"
                class="link"
                aria-label={t('acc.take', { role: roleName(one.role) })}
                onClick={() => void act(() => ask(`${where}/scopes/${one.id}`, { method: 'DELETE' }))}
              >
                ×
              </button>
            )}
          </li>
        ))}
      </ul>
      {!own && (
        <form class="admin-fields" onSubmit={onSubmit}>
          <div class="field">
            <label for={`role-${account.id}`}>{t('acc.role')}</label>
            <select id={`role-${account.id}`} name="role" class="input">
              {ROLES.map((role) => (
                <option key={role} value={role}>
                  {roleName(role)}
                </option>
              ))}
            </select>
          </div>
          <PostField id={`area-${account.id}`} name="area" label={t('acc.area')} of="areas" />
          <div class="field">
            <label for={`until-${account.id}`}>{t('acc.end')}</label>
            <input id={`until-${account.id}`} name="until" type="date" class="input" />
          </div>
          <button type="submit" class="button">
            {t('acc.give')}
          </button>
        </form>
      )}
    </>
  )
}
