import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../../i18n'
import { Icon } from '../../ui/Icon'
import { draft } from './draft'
import { PinDialog } from './PinDialog'
import { accuracyWords, placeAt, placeByGps, placeByPlate, placeNote } from './places'
import { Scan } from './Scan'
import { SmallMap } from './SmallMap'

/** Where it is: the phone's position, a plate, a pin or an address. */
export function PlaceBox({ error }: { error: string | null }): JSX.Element {
  const place = draft.value.place
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState('')
  const [opened, setOpened] = useState<'scan' | 'pin' | null>(null)
  const locate = async (): Promise<void> => {
    if (busy) return
    setBusy(true)
    setFailure('')
    try {
      await placeByGps()
    } catch (cause) {
      setFailure(cause instanceof Error ? cause.message : String(cause))
    } finally {
      setBusy(false)
    }
  }
  useEffect(() => {
    // a place has come by another way, or was sent: why the position failed is past
    setFailure('')
    if (place) return
    // who allowed it before is not asked again; who did not is asked by the button only
    void navigator.permissions?.query({ name: 'geolocation' }).then((right) => void (right.state === 'granted' && !draft.peek().place && locate()))
    // and again for the next report, once one was sent
  }, [!place])
  const wrong = failure || error
  return (
    <section class="phone-place" aria-label={t('phone.place')}>
      <div class="phone-map">
        <SmallMap at={place?.point ?? null} />
        <button type="button" class="button float left" aria-disabled={busy} onClick={() => void locate()}>
          <Icon name="target" />
          {busy ? t('phone.gps.busy') : accuracyWords(place)}
        </button>
        <button type="button" class="button float right strong" onClick={() => setOpened('scan')}>
          <Icon name="qr" />
          {t('phone.scan')}
        </button>
      </div>
      <div class="row phone-where" aria-live="polite">
        <div class="grow">
          <p class="phone-title">{place?.words || t('phone.place.none')}</p>
          <p class="second phone-small">{place ? placeNote(place) : t('phone.place.how')}</p>
        </div>
        <button type="button" class="link" onClick={() => setOpened('pin')}>
          {t(place?.point ? 'phone.pin.move' : 'phone.pin.set')}
        </button>
      </div>
      {wrong && (
        <p class="error pad" role="alert">
          {wrong}
        </p>
      )}
      {opened === 'scan' && <Scan onCode={placeByPlate} onClose={() => setOpened(null)} />}
      {opened === 'pin' && <PinDialog at={place?.point ?? null} onPlace={placeAt} onClose={() => setOpened(null)} />}
    </section>
  )
}
