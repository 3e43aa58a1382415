import type { ComponentChildren, JSX } from 'preact'
import { t } from '../../i18n'
import { listMode, store } from '../../map/store'
import { Icon } from '../../ui/Icon'

/** Phone: the list first, the map on demand, and the one primary action of the screen. */
export function PhoneFoot({ children }: { children?: ComponentChildren }): JSX.Element {
  const shown = store.phoneMap.value
  return (
    <div class="phone-foot">
      {!listMode.value && (
        <button type="button" class="button" onClick={() => (store.phoneMap.value = !shown)}>
          <Icon name={shown ? 'list' : 'map'} />
          {t(shown ? 'list.table' : 'list.off')}
        </button>
      )}
      {children}
    </div>
  )
}
