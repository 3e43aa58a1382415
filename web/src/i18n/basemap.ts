/** Words of the maps that ours is drawn on. */
export const basemapEn = {
  'basemap.title': 'Drawn on',
  'basemap.none': 'Own ground only',
  'offline.save': 'Save tiles of this view',
  'offline.hint': 'The layers shown, as a file for QGIS or a vehicle without a network (PMTiles)',
  'offline.writing': 'Writing tiles',
  'offline.done': 'The file of tiles was saved.',
} as const

export const basemapZh: Record<keyof typeof basemapEn, string> = {
  'basemap.title': '底图',
  'basemap.none': '仅自有底图',
  'offline.save': '导出本视图瓦片',
  'offline.hint': '将显示的图层导出为文件，供 QGIS 或断网车辆使用（PMTiles）',
  'offline.writing': '正在生成瓦片',
  'offline.done': '瓦片文件已保存。',
}
