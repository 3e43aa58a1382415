/** Doors that are new since a draft was made: counted on request, with a report of what that changed. */
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { plan } from '../../../api/data'
import type { components } from '../../../api/schema'
import { t } from '../../../i18n'
import { gridNumber, number } from '../../../i18n/format'
import { catchFocus } from '../../../ui/focus'
import { sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import { countDoors, person } from './life'

type Counted = components['schemas']['RefreshOut']
/** The latest report, and of which plan it is. */
const report = signal<{ plan: string; done: Counted } | null>(null)

const numbers = (codes: string[]): string => codes.map((code) => gridNumber(code)).join(', ') || '–'

function Report({ done }: { done: Counted }): JSX.Element {
  const outside = Number(done.outside.dwellings ?? 0)
  const figures = {
    was: number(done.households_before), now: number(done.households_after),
    doorsWas: number(done.dwellings_before), doors: number(done.dwellings_after), n: number(done.grids_changed),
  }
  return (
    <div class="note" role="status" data-testid="doors-report">
      <p>{t('life.doorsCounted', figures)}</p>
      {done.grids.length > 0 && <p class="small">{t('life.doorsGrids', { grids: numbers(done.grids.map((grid) => String(grid.code))) })}</p>}
      <p class="small">{t('life.doorsBand', { left: numbers(done.left_band), entered: numbers(done.entered_band) })}</p>
      {outside > 0 && <p class="small">{t('life.doorsOutside', { n: number(outside) })}</p>}
    </div>
  )
}

export function CountDoors(): JSX.Element | null {
  const [busy, setBusy] = useState(false)
  const of = plan.value
  if (of?.status !== 'draft' || person.value.limited || !person.value.roles.includes('planner')) return null
  const go = async (): Promise<void> => {
    if (busy) return
    setBusy(true)
    try {
      report.value = { plan: of.id, done: await countDoors(of) }
    } catch (cause) {
      toast(sentence(cause))
    } finally {
      setBusy(false)
      catchFocus('.check-tab[tabindex]')
    }
  }
  return (
    <div class="pad-row edit-only">
      <button type="button" class="button" aria-disabled={busy} onClick={() => void go()}>
        {t('life.countDoors')}
      </button>
      {report.value?.plan === of.id && <Report done={report.value.done} />}
    </div>
  )
}
