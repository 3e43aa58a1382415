import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { plan } from '../../../api/data'
import { t } from '../../../i18n'
import { moment } from '../../../i18n/format'
import { Icon } from '../../../ui/Icon'
import { steps } from './life'
import { sentBackBy } from './steps'

/** Who sent the draft at work back, when and why, until it is sent for review again. */
export function SentBack(): JSX.Element | null {
  const of = plan.value
  const draft = of?.status === 'draft'
  useEffect(() => {
    if (draft) void steps.load()
  }, [of?.id, draft])
  const known = steps.data.value
  const last = draft && known?.plan === of.id ? sentBackBy(known.steps) : null
  if (!last) return null
  return (
    <div class="note warn sent-back" role="status">
      <Icon name="refresh" />
      <div class="grow">
        <p>{t('life.sentBack', { who: last.actor ?? t('life.byItself'), time: moment(last.at) })}</p>
        <p class="remark-text">{last.note}</p>
      </div>
    </div>
  )
}
