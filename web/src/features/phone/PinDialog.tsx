import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { t } from '../../i18n'
import { position } from '../../i18n/format'
import { Dialog } from '../../ui/Dialog'
import { find as findPlaces, SearchBox } from '../shell/Search'
import { SmallMap } from './SmallMap'

interface PinProps {
  at: { lon: number; lat: number } | null
  onPlace: (lon: number, lat: number, words?: string) => void
  onClose: () => void
}

/** A place by hand: an address or coordinates typed, or the map moved under its pin. */
export function PinDialog({ at, onPlace, onClose }: PinProps): JSX.Element {
  const [spot, setSpot] = useState<{ lon: number; lat: number; words?: string } | null>(at)
  const take = (): void => {
    if (!spot) return
    onPlace(spot.lon, spot.lat, spot.words)
    onClose()
  }
  const footer = (
    <>
      <button type="button" class="button primary big" aria-disabled={!spot} onClick={take}>
        {t('phone.pin.take')}
      </button>
      <button type="button" class="button big" onClick={onClose}>
        {t('common.cancel')}
      </button>
    </>
  )
  return (
    <Dialog title={t('phone.pin.title')} hint={t('phone.pin.hint')} onClose={onClose} footer={footer}>
      <div class="stack pin-dialog">
        <SearchBox
          id="pin-search"
          label={t('phone.pin.search')}
          placeholder={t('phone.pin.placeholder')}
          find={findPlaces}
          onPick={({ lon, lat, kind, label }) => setSpot({ lon, lat, ...(kind === 'coordinate' ? {} : { words: label }) })}
        />
        <SmallMap at={spot} onMove={(lon, lat) => setSpot({ lon, lat })} label={t('phone.pin.map')} />
        <p class="second num" aria-live="polite">
          {spot ? (spot.words ?? position(spot.lon, spot.lat)) : t('phone.place.none')}
        </p>
      </div>
    </Dialog>
  )
}
