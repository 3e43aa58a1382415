import type { JSX } from 'preact'
import { plan, planMissing } from '../../../api/data'
import { t } from '../../../i18n'
import { store } from '../../../map/store'
import { Icon } from '../../../ui/Icon'

/** Says that the plan that was asked for is not there, and which one is shown in its place. */
export function MissingPlan(): JSX.Element {
  return (
    <div role="alert">
      {planMissing.value && (
        <div class="note warn pad">
          <Icon name="warning" />
          <p class="grow">{t('life.missingPlan', { name: plan.value?.name ?? '–' })}</p>
          <button type="button" class="button" onClick={() => (store.plan.value = null)}>
            {t('common.close')}
          </button>
        </div>
      )}
    </div>
  )
}
