import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { territory } from '../../api/data'
import { lang, t } from '../../i18n'
import type { PinMap } from '../../map/pin'
import { listMode, store } from '../../map/store'
import { canDrawMap } from '../../map/webgl'

const USUAL_TOLERANCE = 0.1

interface SmallMapProps {
  at: { lon: number; lat: number } | null
  /** Makes it a map that the hand moves. */
  onMove?: (lon: number, lat: number) => void
  label?: string
}

/** A map whose middle is the place; fetched only where it is looked at, and left out where none can be drawn. */
export function SmallMap({ at, onMove, label }: SmallMapProps): JSX.Element | null {
  const box = useRef<HTMLDivElement>(null)
  const map = useRef<PinMap | null>(null)
  const [failed, setFailed] = useState(false)
  const home = territory.value
  const middle: [number, number] | null = at ? [at.lon, at.lat] : home ? [(home.bbox[0] + home.bbox[2]) / 2, (home.bbox[1] + home.bbox[3]) / 2] : null
  const ready = Boolean(home?.plan_id && middle) && !listMode.value

  useEffect(() => {
    if (!ready || !box.current || !middle) return
    if (!canDrawMap()) {
      setFailed(true)
      return
    }
    let gone = false
    const look = { plan: home?.plan_id ?? '', theme: store.theme.value, mapTheme: 'plain' as const, tolerance: USUAL_TOLERANCE }
    import('../../map/pin')
      .then(({ openPinMap }) => (gone || !box.current ? null : openPinMap(box.current, look, middle, onMove)))
      .then((opened) => {
        if (gone) opened?.close()
        else map.current = opened
        box.current?.querySelector('canvas')?.setAttribute('aria-label', label ?? '')
      })
      .catch(() => !gone && setFailed(true))
    return () => {
      gone = true
      map.current?.close()
      map.current = null
    }
  }, [ready, store.theme.value, lang.value])
  useEffect(() => {
    // a map in the hand is not moved under it
    if (at && !box.current?.contains(document.activeElement)) map.current?.show(at.lon, at.lat)
  }, [at?.lon, at?.lat])
  if (!ready || failed) return <p class="small-map none">{t(listMode.value || failed ? 'phone.map.none' : 'phone.map.later')}</p>
  return (
    <div class="small-map">
      <div ref={box} class="map" />
      {at && <span class="pin-dot" aria-hidden="true" />}
    </div>
  )
}
