import type { JSX } from 'preact'
import { t } from '../../i18n'
import { store } from '../../map/store'
import { Icon } from '../../ui/Icon'
import { ErrorNote, Skeleton } from '../../ui/states'
import { Answer } from './Answer'
import { TurnedPlace } from './PlaceSaid'
import { askHere, forgetPlace, located, locatedError, locating } from './located'

/** The answer to "what is here", floating on the map while it is wanted. */
export function PlaceCard({ docked, onReport }: { docked?: boolean; onReport?: () => void }): JSX.Element | null {
  if (!store.place.value) return null
  const answer = located.value
  return (
    <section class={docked ? 'place-docked' : 'place-card card'} aria-label={t('here.title')} data-testid="here">
      <header class="row">
        <h2 class="grow panel-focus" tabIndex={-1}>
          {t('here.title')}
        </h2>
        {onReport && (
          <button type="button" class="button" onClick={onReport}>
            {t('here.report')}
          </button>
        )}
        <button type="button" class="button quiet icon-only" aria-label={t('common.close')} onClick={forgetPlace}>
          <Icon name="close" />
        </button>
      </header>
      <div class="place-body" aria-busy={locating.value}>
        {locatedError.value && <ErrorNote error={locatedError.value} retry={() => void askHere()} />}
        {locatedError.value && <TurnedPlace />}
        {answer ? <Answer answer={answer} /> : !locatedError.value && <Skeleton />}
      </div>
    </section>
  )
}
