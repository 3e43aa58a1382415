/** Who works with this phone: remembered, so that the page opens without a signal too. */
import { computed, signal } from '@preact/signals'
import { session } from '../../api/data'
import type { Account } from '../../api/types'

export type Known = Pick<Account, 'id' | 'name' | 'display' | 'roles'>
const KEY = 'gridward.phone.account'

function read(): Known | null {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Known | null
    return found && typeof found.id === 'string' && Array.isArray(found.roles) ? found : null
  } catch {
    return null
  }
}

const remembered = signal<Known | null>(read())

/** The account that is signed in, else the one that was here last. */
export const account = computed<Known | null>(() => session.value?.account ?? remembered.value)

/** Remembers who signed in; null forgets. */
export function remember(one: Known | null): void {
  remembered.value = one && { id: one.id, name: one.name, display: one.display, roles: one.roles }
  try {
    if (one) localStorage.setItem(KEY, JSON.stringify(remembered.value))
    else localStorage.removeItem(KEY)
  } catch {
    // a browser that keeps nothing asks again next time
  }
}

/** Whether the account on screen has one of these roles. */
export const hasRole = (...roles: string[]): boolean => (account.value?.roles ?? []).some((role) => roles.includes(role))
