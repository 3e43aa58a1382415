/** The layers in view as a file of tiles, for where there is no network. */
import type { Map as MapLibre } from 'maplibre-gl'
import { ask } from '../api/client'
import { layers, planId } from '../api/data'
import { resultOf, Stopped } from '../api/jobs'
import type { Job } from '../api/types'
import { t } from '../i18n'
import { openDownload } from '../ui/save'
import { sentence } from '../ui/states'
import { toast } from '../ui/toast'
import { layerShown } from './store'

const DEEPEST = 16

/** Has the server write what is shown, and saves the file. */
export async function saveTiles(map: MapLibre): Promise<void> {
  const shown = (layers.data.peek() ?? []).filter((layer) => layerShown(layer.id === 'grid_labels' ? 'grids' : layer.id, layer.visible ?? true))
  const box = map.getBounds()
  const body = {
    collections: shown.map(({ id }) => id),
    bbox: [box.getWest(), Math.max(box.getSouth(), -85), box.getEast(), Math.min(box.getNorth(), 85)],
    plan: planId.peek(),
    max_zoom: DEEPEST,
  }
  try {
    const { job } = await ask<{ job: Job }>('/api/v1/layers/export', { method: 'POST', body })
    const made = await resultOf<{ file: string }>(t('offline.writing'), job)
    openDownload(made.file, 'gridward.pmtiles')
    toast(t('offline.done'))
  } catch (cause) {
    if (!(cause instanceof Stopped)) toast(sentence(cause))
  }
}
