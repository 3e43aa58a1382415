/** Cameras that are there: taken into the hand, tried elsewhere, and saved unless somebody was faster. */
import { computed, signal } from '@preact/signals'
import { ask, call, Problem } from '../../../api/client'
import type { Camera } from '../../../api/types'
import { t } from '../../../i18n'
import { sentence } from '../../../ui/states'
import { toast } from '../../../ui/toast'
import type { CameraIdea } from '../types'
import { chosen, drop, ideaOf, originals, takeExisting } from './state'

export const savingCamera = signal(false)
/** Somebody changed the camera in the hand meanwhile: as it is now. */
export const conflict = signal<Camera | null>(null)

/** The camera in the hand as it is, when it is one that is there. */
export const original = computed(() => (chosen.value?.id ? (originals.value.get(chosen.value.id) ?? null) : null))

export const nameOf = (camera: Camera): string => camera.ref ?? camera.gb28181_id ?? camera.id.slice(0, 8)

const FIELDS = ['lon', 'lat', 'azimuth', 'hfov', 'max_range', 'ptz'] as const

/** What the hand changed, as the server takes it. */
export function changesOf(one: CameraIdea, camera: Camera): Partial<Pick<CameraIdea, (typeof FIELDS)[number]>> {
  const before = ideaOf(camera)
  return Object.fromEntries(FIELDS.filter((name) => one[name] !== before[name]).map((name) => [name, one[name]]))
}

/** Takes a camera by its id into the hand, turned or put elsewhere if so asked. */
export async function takeById(id: string, look: Partial<CameraIdea> = {}): Promise<void> {
  try {
    takeExisting((await ask<{ camera: Camera }>(`/api/v1/cameras/${encodeURIComponent(id)}`)).camera, look)
    conflict.value = null
  } catch (cause) {
    toast(sentence(cause))
  }
}

/** Saves the camera in the hand; when somebody was faster nothing is saved, and theirs is shown. */
export async function saveExisting(revision?: number): Promise<void> {
  const one = chosen.peek()
  const camera = original.peek()
  if (!one || !camera || savingCamera.peek()) return
  const body = changesOf(one, camera)
  if (Object.keys(body).length === 0) return
  savingCamera.value = true
  try {
    const { data } = await call<{ camera: Camera }>(`/api/v1/cameras/${camera.id}`, {
      method: 'PATCH',
      headers: { 'If-Match': `"${revision ?? camera.revision}"` },
      body,
    })
    conflict.value = null
    drop(one.key)
    toast(t('camera.changed', { ref: nameOf(data.camera) }))
  } catch (cause) {
    const theirs = cause instanceof Problem && cause.status === 412 ? (cause.body.current as Camera | undefined) : undefined
    if (theirs) conflict.value = theirs
    else toast(sentence(cause))
  } finally {
    savingCamera.value = false
  }
}

/** Goes on from what somebody else made of the camera. */
export function takeTheirs(): void {
  const theirs = conflict.peek()
  if (theirs) takeExisting(theirs)
  conflict.value = null
}

/** Saves what the hand made over what somebody else did. */
export const keepMine = (): Promise<void> => saveExisting(conflict.peek()?.revision)
