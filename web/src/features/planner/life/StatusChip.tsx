import type { JSX } from 'preact'
import type { Plan } from '../../../api/types'
import { tOr } from '../../../i18n'
import { Icon } from '../../../ui/Icon'

const LOOK: Record<Plan['status'], [string, string]> = {
  draft: ['warn', 'edit'],
  review: ['info', 'chat'],
  scheduled: ['info', 'history'],
  published: ['ok', 'check'],
  retired: ['', 'history'],
}

/** The state of a plan: colour, sign and word. */
export function StatusChip({ status }: { status: Plan['status'] }): JSX.Element {
  const [tone, icon] = LOOK[status]
  return (
    <span class={`chip ${tone}`}>
      <Icon name={icon} />
      {tOr(`status.${status}`, status)}
    </span>
  )
}
