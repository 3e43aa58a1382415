import type { JSX } from 'preact'
import { t } from '../../i18n'
import { store } from '../../map/store'
import { find as findPlaces, SearchBox } from '../shell/Search'

/** "What is here" without a map: the place is typed. */
export function AskForm(): JSX.Element {
  return (
    <div class="field pad">
      <span class="label">{t('here.ask')}</span>
      <SearchBox
        id="ask-here"
        label={t('here.ask')}
        placeholder={t('dispatch.placePlaceholder')}
        find={findPlaces}
        onPick={(hit) => {
          store.place.value = { lon: hit.lon, lat: hit.lat, accuracy_m: null }
        }}
      />
      <span class="hint">{t('here.askHint')}</span>
    </div>
  )
}
