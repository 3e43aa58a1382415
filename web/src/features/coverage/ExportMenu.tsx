import type { JSX } from 'preact'
import { mayExport } from '../../api/rights'
import { lang, t } from '../../i18n'
import { number } from '../../i18n/format'
import type { CoverageGrid } from '../../api/types'
import { Icon } from '../../ui/Icon'
import { Menu } from '../../ui/Menu'
import { NoExport } from '../../ui/NoExport'
import { openDownload, saveFile } from '../../ui/save'
import { toast } from '../../ui/toast'
import { query } from '../../api/client'
import { savingReport } from '../reports/SaveReport'
import { area, report } from './desk'
import { csv } from './figures'
import { store } from '../../map/store'

const FORMATS = [
  ['html', 'export.map', 'export.mapHint'],
  ['pdf', 'export.pdf', 'export.pdfHint'],
  ['xlsx', 'export.xlsx', 'export.xlsxHint'],
  ['csv', 'export.csv', 'export.csvHint'],
  ['gpkg', 'export.gpkg', 'export.gpkgHint'],
] as const

/** Writes exactly the rows on screen. */
function rowsAsCsv(rows: readonly CoverageGrid[]): void {
  const head = ['code', 'name', 'area_code', 'area_name', 'street_m', 'seen_m', 'seen_m_upper', 'unseen_m', 'k2_m', 'k3_m', 'open_m2', 'seen_m2', 'seen_m2_upper', 'places', 'places_seen', 'places_seen_upper', 'cameras', 'networked', 'online', 'serviceable', 'incidents', 'gap_score', 'k2_m_upper', 'k3_m_upper', 'gap_score_least'] as const
  const words = (row: CoverageGrid): string => row.reasons.map((one) => (lang.value === 'zh' ? one.text_zh : one.text_en)).join('; ')
  saveFile(
    'gridward-coverage.csv',
    csv([...head, 'reasons'], rows.map((row) => [...head.map((name) => row[name]), words(row)])),
    'text/csv;charset=utf-8',
  )
}

/** Files of what is on screen: this run, in the area chosen; a filter narrows the CSV alone, which is said. In the bar, or at a phone's foot. */
export function ExportMenu({ rows, foot = false }: { rows: readonly CoverageGrid[]; foot?: boolean }): JSX.Element {
  const here = report.value
  // an area is written by the server in every format, a filter of the table by this page alone
  const filtered = store.filter.value !== null
  const write = (format: (typeof FORMATS)[number][0]): void => {
    if (format === 'csv' && filtered) {
      rowsAsCsv(rows)
      return
    }
    openDownload(`/api/v1/reports/coverage${query({ format, plan: here?.run.plan_id, run: store.run.value, area: area.value?.id, lang: lang.value })}`, `gridward-coverage.${format}`)
    toast(t('export.started'))
  }
  return (
    <>
      {!foot && (
        <button type="button" class="button" onClick={() => (savingReport.value = true)}>
          <Icon name="report" />
          <span class="wide-only">{t('cov.save')}</span>
          <span class="visually-hidden">{t('reports.saveNamed')}</span>
        </button>
      )}
      <Menu
        called="text"
        name={t('export.export')}
        buttonClass="button primary"
        align="right"
        up={foot}
        label={
          <>
            <Icon name="download" />
            {t('export.export')}
            <Icon name="down" />
          </>
        }
      >
        {(close) => (
          <>
            {!mayExport.value && <NoExport />}
            {mayExport.value && filtered && <p class="small second pad export-filter">{t('export.filter', { rows: number(rows.length) })}</p>}
            {mayExport.value && FORMATS.map(([format, name, hint]) => (
              <button key={format} type="button" onClick={() => (write(format), close())}>
                <span class="export-name strong">{t(name)}</span>
                <span class="small muted">{t(hint)}</span>
              </button>
            ))}
            <div class="rule" />
            <button
              type="button"
              onClick={() => {
                close()
                savingReport.value = true
              }}
            >
              <span class="strong">{t('reports.saveNamed')}</span>
            </button>
          </>
        )}
      </Menu>
    </>
  )
}
