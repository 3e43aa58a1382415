import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Problem } from '../../api/client'
import { t } from '../../i18n'
import { Icon } from '../../ui/Icon'
import { Dialog } from '../../ui/Dialog'
import { sentence } from '../../ui/states'
import { plateCode } from './plates'

/** What browsers that read square codes offer; TypeScript does not list it yet. */
interface Detector {
  detect: (source: ImageBitmapSource) => Promise<{ rawValue: string }[]>
}
type DetectorClass = new (options: { formats: string[] }) => Detector

const detectorClass = (): DetectorClass | undefined => (window as { BarcodeDetector?: DetectorClass }).BarcodeDetector
const LOOK_MS = 250

/** Shows what the camera sees until a plate is in it. */
function Live({ found }: { found: (text: string) => void }): JSX.Element | null {
  const video = useRef<HTMLVideoElement>(null)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    const Detect = detectorClass()
    let stream: MediaStream | null = null
    let timer: ReturnType<typeof setInterval> | undefined
    let gone = false
    const start = async (): Promise<void> => {
      if (!Detect) return
      const detector = new Detect({ formats: ['qr_code'] })
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
      const screen = video.current
      if (gone || !screen) return stream.getTracks().forEach((track) => track.stop())
      screen.srcObject = stream
      await screen.play()
      timer = setInterval(() => {
        detector
          .detect(screen)
          .then((codes) => codes[0] && found(codes[0].rawValue))
          .catch(() => undefined)
      }, LOOK_MS)
    }
    start().catch(() => setFailed(true))
    return () => {
      gone = true
      clearInterval(timer)
      stream?.getTracks().forEach((track) => track.stop())
    }
  }, [])
  if (failed) return <p class="note info">{t('phone.scan.noCamera')}</p>
  return <video ref={video} class="scan-view" muted playsInline aria-label={t('phone.scan.view')} />
}

interface ScanProps {
  /** What to do with the code of a plate; a refusal is shown here. */
  onCode: (code: string) => Promise<void>
  onClose: () => void
}

/** Reads a plate: by the camera where the browser can, else its code is typed. */
export function Scan({ onCode, onClose }: ScanProps): JSX.Element {
  const [typed, setTyped] = useState('')
  const [error, setError] = useState('')
  const taken = useRef(false)
  const take = async (text: string): Promise<void> => {
    const code = plateCode(text)
    if (!code) return setError(t('phone.scan.bad'))
    if (taken.current) return
    taken.current = true
    try {
      await onCode(code)
      onClose()
    } catch (cause) {
      taken.current = false
      setError(cause instanceof Problem && cause.status === 404 ? t('phone.scan.unknown', { code }) : sentence(cause))
    }
  }
  const canLook = Boolean(detectorClass() && navigator.mediaDevices)
  return (
    <Dialog title={t('phone.scan')} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          void take(typed)
        }}
      >
        {canLook && <Live found={(text) => plateCode(text) && void take(text)} />}
        <div class="phone-field">
          <label class="phone-label" for="plate-code">
            {t('phone.scan.code')}
          </label>
          <input id="plate-code" class="input" autocapitalize="characters" autocomplete="off" spellcheck={false} data-autofocus={!canLook || undefined} aria-invalid={Boolean(error)} aria-describedby="plate-hint" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
          <p id="plate-hint" class={error ? 'error' : 'hint'} role={error ? 'alert' : undefined}>
            {error || t(canLook ? 'phone.scan.hint' : 'phone.scan.hintTyped')}
          </p>
        </div>
        <button type="submit" class="button primary big">
          <Icon name="check" />
          {t('phone.scan.take')}
        </button>
      </form>
    </Dialog>
  )
}
