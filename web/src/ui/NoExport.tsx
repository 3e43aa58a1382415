import type { JSX } from 'preact'
import { t } from '../i18n'
import { Icon } from './Icon'

/** Stands where files are offered to those who may take some out. */
export function NoExport(): JSX.Element {
  return (
    <p class="note info small">
      <Icon name="lock" />
      <span>{t('export.noRight')}</span>
    </p>
  )
}
