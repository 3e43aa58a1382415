import type { ComponentChildren, JSX } from 'preact'
import { t } from '../../../i18n'
import { listMode, store } from '../../../map/store'
import { Icon } from '../../../ui/Icon'
import { ErrorNote } from '../../../ui/states'

interface FootProps {
  /** What the comment is pinned to, in words. */
  pin: ComponentChildren
  ready: boolean
  failure: unknown
}

/** Takes a place from the map; on a phone, where the panel hides it, the map comes to the front until it has one. */
function pick(): void {
  store.picking.value = !store.picking.peek()
  store.phoneMap.value = store.picking.peek()
}

/** The foot of a form for comments: what it is about, a place to pin it to, and the button that sends it. */
export function ComposerFoot({ pin, ready, failure }: FootProps): JSX.Element {
  return (
    <>
      <div class="row wrap">
        {pin && (
          <span class="chip outline">
            <Icon name="pin" />
            {pin}
          </span>
        )}
        {!listMode.value && (
          <button type="button" class="button quiet" aria-pressed={store.picking.value} onClick={pick}>
            <Icon name="target" />
            {t(store.picking.value ? 'map.pick' : 'life.pinPlace')}
          </button>
        )}
        <span class="grow" />
        <button type="submit" class="button" aria-disabled={!ready}>
          {t('life.comment')}
        </button>
      </div>
      {failure !== null && <ErrorNote error={failure} />}
    </>
  )
}
