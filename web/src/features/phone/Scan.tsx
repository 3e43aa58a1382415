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
/** Reads what a square code in a picture says; null without one. */
type Reader = (source: HTMLVideoElement | ImageBitmap, width: number, height: number) => Promise<string | null>

const LOOK_MS = 250
/** Our own reader looks at pictures of so many pixels a side at most: enough for a plate, quick on a slow phone. */
const VIDEO_SIDE = 640
const PHOTO_SIDES = [1000, 600, 1600]

/** Reads by ourselves: most browsers can't, and none does everywhere. */
async function ownReader(most: number): Promise<Reader> {
  const { readSquare } = await import('./qr/read')
  const canvas = document.createElement('canvas')
  const pen = canvas.getContext('2d', { willReadFrequently: true })
  return (source, width, height) => {
    const share = Math.min(1, most / Math.max(width, height))
    canvas.width = Math.max(1, Math.round(width * share))
    canvas.height = Math.max(1, Math.round(height * share))
    pen?.drawImage(source, 0, 0, canvas.width, canvas.height)
    const pixels = pen?.getImageData(0, 0, canvas.width, canvas.height)
    return Promise.resolve(pixels ? readSquare(pixels.data, canvas.width, canvas.height) : null)
  }
}

/** The browser's own reader where it has one that works, else ours. */
async function videoReader(): Promise<Reader> {
  const Detect = (window as { BarcodeDetector?: DetectorClass }).BarcodeDetector
  const ours = await ownReader(VIDEO_SIDE)
  if (!Detect) return ours
  try {
    const detector = new Detect({ formats: ['qr_code'] })
    return async (source, ...size) => (await detector.detect(source).catch(() => []))[0]?.rawValue ?? ours(source, ...size)
  } catch {
    return ours
  }
}

/** Reads the square code on a still photo; null without one. */
async function readPhoto(file: File): Promise<string | null> {
  const picture = await createImageBitmap(file)
  try {
    for (const side of PHOTO_SIDES) {
      const text = await (await ownReader(side))(picture, picture.width, picture.height)
      if (text) return text
    }
    return null
  } finally {
    picture.close()
  }
}

/** Shows what the camera sees until a plate is in it. */
function Live({ found }: { found: (text: string) => void }): JSX.Element | null {
  const video = useRef<HTMLVideoElement>(null)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    let stream: MediaStream | null = null
    let timer: ReturnType<typeof setTimeout> | undefined
    let gone = false
    const start = async (): Promise<void> => {
      const [camera, read] = await Promise.all([navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } }), videoReader()])
      stream = camera
      const screen = video.current
      if (gone || !screen) return stream.getTracks().forEach((track) => track.stop())
      screen.srcObject = stream
      await screen.play()
      const look = async (): Promise<void> => {
        const text = screen.videoWidth ? await read(screen, screen.videoWidth, screen.videoHeight) : null
        if (gone) return
        if (text) found(text)
        timer = setTimeout(() => void look(), LOOK_MS)
      }
      await look()
    }
    start().catch(() => gone || setFailed(true))
    return () => {
      gone = true
      clearTimeout(timer)
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

/** Reads a plate: by the camera, from a photo where the camera can't be watched, else its code is typed. */
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
  const readFile = async (input: HTMLInputElement): Promise<void> => {
    const file = input.files?.[0]
    input.value = ''
    if (!file) return
    setError('')
    const text = await readPhoto(file).catch(() => null)
    if (text) await take(text)
    else setError(t('phone.scan.noCode'))
  }
  // a page without HTTPS is given no camera to watch; its photos it is
  const canLook = Boolean(navigator.mediaDevices as MediaDevices | undefined)
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
        <label class="button phone-wide file-button">
          <Icon name="photo" />
          {t('phone.scan.photo')}
          <input class="visually-hidden" type="file" accept="image/*" capture="environment" onChange={(event) => void readFile(event.currentTarget)} />
        </label>
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
