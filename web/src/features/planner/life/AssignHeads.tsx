import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Problem } from '../../../api/client'
import { t } from '../../../i18n'
import { number } from '../../../i18n/format'
import { catchFocus } from '../../../ui/focus'
import { toast } from '../../../ui/toast'
import { assignHeads, person } from './life'

/** Gives every grid of a plan a head from the roster, for those who may. */
export function AssignHeads({ plan }: { plan: string }): JSX.Element | null {
  const [busy, setBusy] = useState(false)
  if (person.value.limited || !['planner', 'shift_leader'].some((role) => person.value.roles.includes(role))) return null
  const go = async (): Promise<void> => {
    if (busy) return
    setBusy(true)
    try {
      const done = await assignHeads(plan)
      const vacant = done.vacancies.length
      const figures = { n: number(done.grids - vacant), all: number(done.grids), left: number(vacant) }
      toast(t(vacant ? 'life.headsLack' : 'life.headsDone', figures))
    } catch (cause) {
      toast(cause instanceof Problem ? cause.message : String(cause))
    } finally {
      setBusy(false)
      catchFocus('.dialog', '.check-tab[tabindex]')
    }
  }
  return (
    <button type="button" class="button edit-only" aria-disabled={busy} onClick={() => void go()}>
      {t('life.assignHeads')}
    </button>
  )
}
