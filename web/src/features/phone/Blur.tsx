import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../../i18n'
import { Dialog } from '../../ui/Dialog'
import { blurSquare, redrawn } from './photos'
import type { Photo } from './queue/entry'

interface BlurProps {
  photo: Photo
  onKeep: (photo: Photo) => void
  onDrop: () => void
  onClose: () => void
}

const SHARE = 8
const STEP = 0.04
interface Mark {
  x: number
  y: number
}

/** One photo, large: a tap blurs what is under it before anything leaves the phone; with keys, arrows move a frame and Enter blurs. */
export function Blur({ photo, onKeep, onDrop, onClose }: BlurProps): JSX.Element {
  const sheet = useRef<HTMLCanvasElement>(null)
  const [picture, setPicture] = useState<ImageBitmap | null>(null)
  const [marks, setMarks] = useState<Mark[]>([])
  const [frame, setFrame] = useState<Mark>({ x: 0.5, y: 0.5 })
  const [framed, setFramed] = useState(false)

  useEffect(() => {
    let gone = false
    if (photo.blob) void createImageBitmap(photo.blob).then((made) => !gone && setPicture(made))
    return () => void (gone = true)
  }, [photo.id])
  const paint = (): void => {
    const canvas = sheet.current
    if (!canvas || !picture) return
    canvas.width = picture.width
    canvas.height = picture.height
    canvas.getContext('2d')?.drawImage(picture, 0, 0)
    const side = Math.round(Math.max(canvas.width, canvas.height) / SHARE)
    for (const { x, y } of marks) blurSquare(canvas, x * canvas.width, y * canvas.height, side)
  }
  useEffect(paint, [picture, marks])

  const blur = (mark: Mark): void => setMarks([...marks, mark])
  const tapped = (event: PointerEvent): void => {
    const box = sheet.current?.getBoundingClientRect()
    if (box) blur({ x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height })
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Record<string, [number, number]> = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }
    const by = moves[event.key]
    if (by) setFrame({ x: Math.min(Math.max(frame.x + by[0], 0), 1), y: Math.min(Math.max(frame.y + by[1], 0), 1) })
    else if (event.key === 'Enter' || event.key === ' ') blur(frame)
    else return
    event.preventDefault()
  }
  const save = async (): Promise<void> => {
    if (marks.length && sheet.current) onKeep(await redrawn(photo, sheet.current))
    onClose()
  }
  const footer = (
    <>
      <button type="button" class="button primary" onClick={() => void save()}>
        {t('phone.blur.done')}
      </button>
      <button type="button" class="button" aria-disabled={!marks.length} onClick={() => setMarks(marks.slice(0, -1))}>
        {t('phone.blur.undo')}
      </button>
      <span class="grow" />
      <button
        type="button"
        class="button danger"
        onClick={() => {
          onDrop()
          onClose()
        }}
      >
        {t('phone.blur.drop')}
      </button>
    </>
  )
  const side = picture ? Math.max(picture.width, picture.height) / SHARE : 0
  return (
    <Dialog title={t('phone.blur.title')} hint={t('phone.blur.hint')} onClose={onClose} footer={footer}>
      <div class="blur-sheet">
        <canvas
          ref={sheet}
          tabIndex={0}
          data-autofocus
          role="application"
          aria-label={t('phone.blur.label')}
          onPointerDown={tapped}
          onKeyDown={onKeyDown}
          onFocus={(event) => setFramed((event.currentTarget as HTMLElement).matches(':focus-visible'))}
          onBlur={() => setFramed(false)}
        />
        {framed && picture && (
          <span
            class="blur-frame"
            style={{ left: `${frame.x * 100}%`, top: `${frame.y * 100}%`, width: `${(side / picture.width) * 100}%`, height: `${(side / picture.height) * 100}%` }}
          />
        )}
      </div>
      <p class="visually-hidden" aria-live="polite">
        {marks.length > 0 && t('phone.blur.count', { n: marks.length })}
      </p>
    </Dialog>
  )
}
