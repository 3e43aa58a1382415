/** Words about change sets that more than one part needs. */
import { lang, t, tOr } from '../../i18n'
import { code, number } from '../../i18n/format'
import type { AreaAction } from './areas'
import type { Listed } from './actions'

/** An action in a sentence. */
export function actionWords(action: AreaAction, areas: readonly Listed[]): string {
  const nameOf = (text: string): string => areas.find((one) => one.code === text)?.name || code(text)
  const names = action.areas.map(nameOf)
  const values = { from: names[0] ?? '', to: names[1] ?? '', all: names.join(lang.value === 'zh' ? '、' : ', '), code: code(action.code), name: action.name ?? '' }
  return t(`areas.did.${action.kind}`, values)
}

/** A note of the server in the language on screen: it speaks English. */
export function warningWords(words: string): string {
  const grids = /^(\d+) grids in force belong/.exec(words)?.[1]
  if (grids) return t('areas.warnGrids', { n: number(Number(grids)) })
  const mended = /^(\d+) outlines retrace/.exec(words)?.[1]
  return mended ? t('areas.warnMended', { n: number(Number(mended)) }) : words
}

export const kindName = (kind: string): string => tOr(`areas.kind.${kind}`, kind)
