import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import type { components } from '../../api/schema'
import { t } from '../../i18n'
import { CheckField, NumberField, SelectField, TextField } from '../../ui/fields'
import { toast } from '../../ui/toast'
import { items, retireItem, saveItem, type Item } from './changes'
import { DoingForm } from './Doing'

type ItemIn = components['schemas']['CatalogueItemIn']
const CLASSES = [1, 2, 3, 4] as const
const LISTED = /[;；,，、\n]+/

/** Limits of a class of areas in the words that are typed: phases apart by semicolons. */
const limitWords = (item: Item | null, area_class: number): string =>
  (item?.limits ?? [])
    .filter((one) => one.area_class === area_class)
    .map((one) => `${one.phase} ${one.amount} ${t(`org.unit.${one.unit as 'minute'}`)}`.trim())
    .join('; ')

const draftOf = (item: Item | null): Required<Omit<ItemIn, 'synonyms'>> & { code: string; synonyms: string } => ({
  code: item?.code ?? '',
  kind: (item?.kind ?? 'event') as 'event',
  class_code: item?.class_code ?? '',
  class_zh: item?.class_zh ?? '',
  class_en: item?.class_en ?? '',
  name_zh: item?.name_zh ?? '',
  name_en: item?.name_en ?? '',
  filing_zh: item?.filing_zh ?? '',
  filing_en: item?.filing_en ?? '',
  closing_zh: item?.closing_zh ?? '',
  closing_en: item?.closing_en ?? '',
  severity: (item?.severity ?? 'minor') as 'minor',
  difficulty: item?.difficulty ?? 1,
  urgent: item?.urgent ?? false,
  self_handling: item?.self_handling ?? false,
  public: item?.public ?? true,
  synonyms: (item?.synonyms ?? []).join('; '),
  limit_1: limitWords(item, 1),
  limit_2: limitWords(item, 2),
  limit_3: limitWords(item, 3),
  limit_4: limitWords(item, 4),
})
type Draft = ReturnType<typeof draftOf>

const TEXTS = ['name_zh', 'name_en', 'filing_zh', 'filing_en', 'closing_zh', 'closing_en'] as const
const NEEDED: readonly (keyof Draft)[] = ['code', 'class_code', 'limit_1']

function needs(now: Draft): string {
  return NEEDED.every((name) => String(now[name]).trim()) && (now.name_zh.trim() || now.name_en.trim()) ? '' : t('org.itemNeeds')
}

/** The form that adds an item, or changes one: either way the catalogue gets its next version. */
export function ItemForm({ item, done }: { item: Item | null; done: () => void }): JSX.Element {
  const draft = useSignal(draftOf(item))
  const now = draft.value
  const set = (part: Partial<Draft>): void => void (draft.value = { ...draft.peek(), ...part })
  const like = items.data.value?.items.find((one) => one.class_code === now.class_code.trim() && one.code !== item?.code)
  const prefix = item ? `item-${item.code}` : 'item-new'
  const seen = useRef(JSON.stringify(item))
  const send = async (): Promise<void> => {
    const { code, synonyms, ...rest } = draft.peek()
    const present = items.data.peek()?.items.find((one) => one.code === code)
    // the list is live: what somebody else made of the item meanwhile is not written over unseen
    if (item && present && JSON.stringify(present) !== seen.current) throw new Error(t('org.itemChanged'))
    const called = like ? { class_zh: '', class_en: '' } : {}
    await saveItem(code.trim(), { ...rest, ...called, class_code: rest.class_code.trim(), synonyms: synonyms.split(LISTED).map((word) => word.trim()).filter(Boolean) })
    toast(t('org.saved'))
    done()
  }
  return (
    <DoingForm label={item ? t('org.changeItem', { code: item.code }) : t('org.addItem')} submit={t(item ? 'org.save' : 'org.add')} why={needs(now)} onSubmit={send}>
      {!item && <TextField id={`${prefix}-code`} label={t('org.itemCode')} value={now.code} maxLength={40} onInput={(code) => set({ code })} />}
      <TextField id={`${prefix}-class`} label={t('org.itemClass')} hint={like && [like.class_zh, like.class_en].filter(Boolean).join(' · ')} value={now.class_code} maxLength={40} onInput={(class_code) => set({ class_code })} />
      {!like && <TextField id={`${prefix}-class-zh`} label={t('org.itemClassZh')} value={now.class_zh} maxLength={200} onInput={(class_zh) => set({ class_zh })} />}
      {!like && <TextField id={`${prefix}-class-en`} label={t('org.itemClassEn')} value={now.class_en} maxLength={200} onInput={(class_en) => set({ class_en })} />}
      <SelectField id={`${prefix}-kind`} label={t('org.itemKind')} value={now.kind} options={[['event', t('org.itemEvent')], ['component', t('org.itemComponent')]]} onChange={(kind) => set({ kind: kind as 'event' })} />
      {TEXTS.map((name) => (
        <TextField key={name} id={`${prefix}-${name}`} label={t(`org.item.${name}`)} value={now[name]} maxLength={name.startsWith('name') ? 200 : 1000} {...(name.startsWith('name') ? {} : { rows: 2 })} onInput={(text) => set({ [name]: text })} />
      ))}
      <TextField id={`${prefix}-synonyms`} label={t('org.itemSynonyms')} hint={t('org.itemSynonymsHint')} value={now.synonyms} maxLength={2000} onInput={(synonyms) => set({ synonyms })} />
      {CLASSES.map((number) => (
        <TextField key={number} id={`${prefix}-limit-${number}`} label={t('org.itemLimit', { n: number })} hint={t(number === 1 ? 'org.itemLimitHint' : 'org.itemLimitElse')} value={now[`limit_${number}`]} maxLength={500} onInput={(text) => set({ [`limit_${number}`]: text })} />
      ))}
      <SelectField id={`${prefix}-severity`} label={t('org.itemSeverity')} value={now.severity} options={(['minor', 'major', 'critical'] as const).map((each) => [each, t(`severity.${each}`)])} onChange={(severity) => set({ severity: severity as 'minor' })} />
      <NumberField id={`${prefix}-difficulty`} label={t('org.itemDifficulty')} value={now.difficulty} low={1} high={5} whole live put={(difficulty) => set({ difficulty })} />
      <CheckField id={`${prefix}-urgent`} words={t('org.itemUrgent')} on={now.urgent} change={(urgent) => set({ urgent })} />
      <CheckField id={`${prefix}-self`} words={t('org.itemSelf')} on={now.self_handling} change={(self_handling) => set({ self_handling })} />
      <CheckField id={`${prefix}-public`} words={t('org.itemPublic')} on={now.public} change={(isPublic) => set({ public: isPublic })} />
    </DoingForm>
  )
}

/** Leaves an item out of the next version. */
export function RetireForm({ item, done }: { item: Item; done: () => void }): JSX.Element {
  const send = async (): Promise<void> => {
    await retireItem(item.code)
    toast(t('org.itemRetired', { code: item.code }))
    done()
  }
  return (
    <DoingForm label={t('org.retireItem', { code: item.code })} submit={t('org.retire')} danger onSubmit={send}>
      <p class="small second">{t('org.retireHint')}</p>
    </DoingForm>
  )
}
