/** Words of the maps that ours is drawn on. */
export const basemapEn = {
  'basemap.title': 'Drawn on',
  'basemap.none': 'Own ground only',
} as const

export const basemapZh: Record<keyof typeof basemapEn, string> = {
  'basemap.title': '底图',
  'basemap.none': '仅自有底图',
}
