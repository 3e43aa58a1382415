import type { JSX } from 'preact'
import { t } from '../../i18n'
import { store } from '../../map/store'
import { canDrawMap } from '../../map/webgl'
import { Icon } from '../../ui/Icon'

/** Says why there is no map, and that nothing is lost without it. */
export function ListBanner(): JSX.Element {
  const failed = Boolean(store.mapFailure.value)
  const tryAgain = (): void => {
    store.listChosen.value = false
    store.mapFailure.value = canDrawMap() ? null : 'WebGL'
  }
  return (
    <div class="list-banner" role="status">
      <Icon name="list" />
      <p class="grow">
        <span class="strong">{t(failed ? 'list.banner' : 'list.bannerChosen')}</span> {t('list.bannerRest')}
      </p>
      <button type="button" class="button" onClick={tryAgain}>
        {t('list.try')} <kbd>G</kbd>
      </button>
    </div>
  )
}
