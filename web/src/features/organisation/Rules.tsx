import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { t } from '../../i18n'
import { number } from '../../i18n/format'
import { CheckField, SelectField, TextField } from '../../ui/fields'
import { ErrorNote, Skeleton } from '../../ui/states'
import { toast } from '../../ui/toast'
import { putRule } from './changes'
import { DoingForm } from './Doing'
import { mayStaff, roleName, roles, ruleName, rules, type Rule } from './organisation'

const PER = ['grid', 'village', 'town', 'household', 'group'] as const
const WITHIN = ['village', 'town', 'anywhere'] as const
const EMPTY = { code: '', title: '', role: 'grid_head', per: 'grid' as string, count: '1', every: '1', posts: '', max_posts: '4', within: 'village' as string, active: true }
type Draft = typeof EMPTY

const draftOf = (rule: Rule | null): Draft =>
  rule
    ? {
        code: rule.code, title: ruleName(rule.code), role: rule.role, per: rule.ways[0]?.per ?? 'grid', count: String(rule.ways[0]?.count ?? 1), every: String(rule.ways[0]?.every ?? 1),
        posts: rule.posts.join(', '), max_posts: String(rule.max_posts), within: rule.within, active: rule.active,
      }
    : EMPTY

const whole = (text: string, least = 1): number => Math.min(1000, Math.max(least, Math.round(Number(text) || least)))

function wayWords(rule: Rule): string {
  return rule.ways.map((way) => t('org.way', { n: number(way.count), per: way.every && way.every > 1 ? `${number(way.every)} ${t(`org.per.${way.per as (typeof PER)[number]}`)}` : t(`org.per.${way.per as (typeof PER)[number]}`) })).join(` ${t('org.or')} `)
}

/** Rules with several ways keep all but the first as they are. */
function RuleForm({ rule, done }: { rule: Rule | null; done: () => void }): JSX.Element {
  const draft = useSignal(draftOf(rule))
  const now = draft.value
  const set = (part: Partial<Draft>): void => void (draft.value = { ...draft.peek(), ...part })
  const send = async (): Promise<void> => {
    const { code, title, role, per, count, every, posts, max_posts, within, active } = draft.peek()
    const first = { per, count: whole(count), every: whole(every) } as Rule['ways'][number]
    const body: Partial<Rule> = { ways: [first, ...(rule?.ways.slice(1) ?? [])], posts: posts.split(/[,，、]/).map((each) => each.trim()).filter(Boolean), max_posts: whole(max_posts), within: within as Rule['within'], active }
    await putRule(rule ?? { code: code.trim(), revision: 0 }, rule ? body : { ...body, role, title_en: title || code, title_zh: title || code })
    toast(t('org.saved'))
    done()
  }
  const why = /^[a-z0-9-]{1,60}$/i.test(now.code.trim()) ? '' : t('org.ruleNeeds')
  return (
    <DoingForm label={rule ? t('org.changeRule') : t('org.addRule')} submit={rule ? t('org.save') : t('org.add')} why={why} onSubmit={send}>
      {!rule && (
        <>
          <TextField id="rule-code" label={t('org.ruleCode')} value={now.code} maxLength={60} onInput={(code) => set({ code })} />
          <TextField id="rule-title" label={t('org.ruleTitle')} value={now.title} maxLength={200} onInput={(title) => set({ title })} />
          <SelectField id="rule-role" label={t('org.role')} value={now.role} options={(roles.data.value ?? []).map((role) => [role.code, roleName(role.code)])} onChange={(role) => set({ role })} />
        </>
      )}
      <TextField id="rule-count" label={t('org.ruleCount')} inputMode="numeric" value={now.count} maxLength={4} onInput={(count) => set({ count })} />
      <SelectField id="rule-per" label={t('org.rulePer')} value={now.per} options={PER.map((per) => [per, t(`org.per.${per}`)])} onChange={(per) => set({ per })} />
      {now.per === 'household' && <TextField id="rule-every" label={t('org.ruleEvery')} inputMode="numeric" value={now.every} maxLength={4} onInput={(every) => set({ every })} />}
      <TextField id="rule-posts" label={t('org.rulePosts')} hint={t('org.rulePostsHint')} value={now.posts} maxLength={400} onInput={(posts) => set({ posts })} />
      <TextField id="rule-most" label={t('org.most')} inputMode="numeric" value={now.max_posts} maxLength={4} onInput={(max_posts) => set({ max_posts })} />
      <SelectField id="rule-within" label={t('org.ruleWithin')} value={now.within} options={WITHIN.map((each) => [each, t(`org.within.${each}`)])} onChange={(within) => set({ within })} />
      <CheckField id="rule-active" words={t('org.ruleActive')} on={now.active} change={(active) => set({ active })} />
    </DoingForm>
  )
}

/** The rules of staffing: which hold, what they ask for, and a form for each. */
export function Rules(): JSX.Element {
  const chosen = useSignal<string | null>(null)
  const known = rules.data.value
  if (!known) return rules.error.value ? <ErrorNote error={rules.error.value} retry={() => void rules.load()} /> : <Skeleton />
  const choose = (code: string): void => void (chosen.value = chosen.peek() === code ? null : code)
  return (
    <div id="table" class="org-scroll" tabIndex={0} role="region" aria-label={t('org.rules')}>
      <div class="row org-head">
        <h2 class="grow">{t('org.rules')}</h2>
        {mayStaff.value && (
          <button type="button" class="button" aria-expanded={chosen.value === ''} onClick={() => choose('')}>
            {t('org.addRule')}
          </button>
        )}
      </div>
      {chosen.value === '' && <RuleForm rule={null} done={() => (chosen.value = null)} />}
      <ul class="org-tree">
        {known.map((rule) => (
          <li key={rule.code}>
            <button type="button" class={`org-node ${chosen.value === rule.code ? 'pressed' : ''}`} aria-pressed={chosen.value === rule.code} onClick={() => choose(rule.code)}>
              <span class="grow">{ruleName(rule.code)}</span>
              <span class="small second">{`${roleName(rule.role)} · ${wayWords(rule)}`}</span>
              <span class={`chip ${rule.active ? 'ok' : ''}`}>{t(rule.active ? 'org.holds' : 'org.rests')}</span>
            </button>
            {chosen.value === rule.code && mayStaff.value && <RuleForm key={`${rule.code} ${rule.revision}`} rule={rule} done={() => (chosen.value = null)} />}
          </li>
        ))}
      </ul>
    </div>
  )
}
