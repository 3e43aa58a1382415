import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { t, type Key } from '../../i18n'
import { number } from '../../i18n/format'
import { Icon } from '../../ui/Icon'
import { Blur } from './Blur'
import { ACCEPTED, MOST_PHOTOS, photoOf } from './photos'
import type { Photo, Stage } from './queue/entry'

/** A kept picture on screen; its address lives as long as it is shown. */
export function Picture({ of, alt }: { of: Blob | null; alt: string }): JSX.Element {
  const [address, setAddress] = useState('')
  useEffect(() => {
    if (!of) return
    const made = URL.createObjectURL(of)
    setAddress(made)
    return () => URL.revokeObjectURL(made)
  }, [of])
  if (!of || !address) return <span class="picture none"><Icon name="photo" /></span>
  return <img class="picture" src={address} alt={alt} />
}

interface PhotosProps {
  stage: Stage
  photos: Photo[]
  /** Said when a photo is needed and not there. */
  error?: string | undefined
  most?: number
  onChange: (photos: Photo[]) => void
}

/** Photos of one stage: taken with the camera or chosen, looked at, blurred, taken away. */
export function Photos({ stage, photos, error, most = MOST_PHOTOS, onChange }: PhotosProps): JSX.Element {
  const [failure, setFailure] = useState('')
  const [busy, setBusy] = useState(false)
  const [opened, setOpened] = useState<Photo | null>(null)
  const id = `photos-${stage}`
  const name = t(`phone.photos.${stage}` as Key)

  const add = async (input: HTMLInputElement): Promise<void> => {
    const files = [...(input.files ?? [])]
    input.value = ''
    setBusy(true)
    const room = most - photos.length
    const made = await Promise.all(files.slice(0, room).map((file) => photoOf(file, stage)))
    const good = made.filter((one): one is Photo => one !== null)
    setFailure(good.length < made.length ? t('phone.photos.bad') : files.length > room ? t('phone.photos.most', { n: most }) : '')
    if (good.length) onChange([...photos, ...good])
    setBusy(false)
  }
  const wrong = failure || error
  return (
    <fieldset class="phone-photos" aria-describedby={wrong ? `${id}-error` : `${id}-hint`}>
      <legend class="phone-label">
        {name} <span class="num muted">{t('phone.photos.count', { n: number(photos.length), of: number(most) })}</span>
      </legend>
      <div class="tiles">
        {photos.map((photo, k) => (
          <button key={photo.id} type="button" class="tile" aria-label={t('phone.photos.open', { n: k + 1, name })} onClick={() => setOpened(photo)}>
            <Picture of={photo.thumb} alt="" />
          </button>
        ))}
        {photos.length < most && (
          <label class={`tile add ${busy ? 'dimmed' : ''}`}>
            <input class="visually-hidden" type="file" accept={ACCEPTED} capture="environment" multiple={most > 1} aria-label={`${t('phone.photos.add')}: ${name}`} onChange={(event) => void add(event.currentTarget)} />
            <Icon name="photo" />
          </label>
        )}
        <p id={`${id}-hint`} class="hint">
          {t('phone.photos.hint')}
        </p>
      </div>
      {wrong && (
        <p id={`${id}-error`} class="error" role="alert">
          {wrong}
        </p>
      )}
      {opened && (
        <Blur
          photo={opened}
          onClose={() => setOpened(null)}
          onKeep={(photo) => onChange(photos.map((one) => (one.id === photo.id ? photo : one)))}
          onDrop={() => onChange(photos.filter((one) => one.id !== opened.id))}
        />
      )}
    </fieldset>
  )
}
