import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { ask, query } from '../../api/client'
import { territory } from '../../api/data'
import type { Incident } from '../../api/types'
import { t } from '../../i18n'
import { store } from '../../map/store'
import { Combobox } from '../../ui/Combobox'
import { OPEN_STATES } from './filters'
import { itemWords, shortNo } from './words'

const MOST = 8
const WHOLE_NUMBER = /^\d{4}-\d{2}-\d{6,}$/

export interface Master {
  no: string
  item: string
  item_code?: string | null
}

interface MasterFieldProps {
  id: string
  label: string
  error: string | null
  value: string
  /** Likely ones, offered before anything is typed. */
  likely: readonly Master[]
  set: (no: string) => void
}

async function findCases(typed: string, abort: AbortSignal): Promise<Master[]> {
  const asked = { q: typed, state: OPEN_STATES.join(','), sort: 'urgent', limit: MOST, territory: territory.peek()?.id }
  return (await ask<{ incidents: Incident[] }>(`/api/v1/incidents${query(asked)}`, { signal: abort })).incidents
}

/** The case that this one repeats: a likely one, found by number or words, or a pin that is clicked. */
export function MasterField({ id, label, error, value, likely, set }: MasterFieldProps): JSX.Element {
  useEffect(() => {
    store.casePicker.value = set
    return () => void (store.casePicker.value = null)
  }, [])
  const find = async (typed: string, abort: AbortSignal): Promise<Master[]> => (typed.trim() ? findCases(typed.trim(), abort) : likely.slice(0, MOST))
  return (
    <div class="field grow">
      <label for={id}>{label}</label>
      <Combobox
        id={id}
        listLabel={label}
        text={value}
        settled={WHOLE_NUMBER.test(value)}
        maxLength={100}
        invalid={Boolean(error)}
        describedBy={`${id}-hint`}
        eager
        find={find}
        keyOf={(one) => one.no}
        words={itemWords}
        aside={(one) => shortNo(one.no)}
        onText={set}
        onPick={(one) => set(one.no)}
      />
      <span id={`${id}-hint`} class={error ? 'error' : 'hint'}>
        {error ?? t('dispatch.masterFind')}
      </span>
    </div>
  )
}
