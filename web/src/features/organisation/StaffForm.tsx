import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { components } from '../../api/schema'
import { t } from '../../i18n'
import { CheckField, SelectField, TextField } from '../../ui/fields'
import { toast } from '../../ui/toast'
import { addStaff, changeStaff } from './changes'
import { DoingForm } from './Doing'
import { area, tree, type OneStaff } from './organisation'

type Change = components['schemas']['StaffChange']
const LISTED = /[;；,，、]+/

const draftOf = (member: OneStaff | null) => ({
  work_no: member?.work_no ?? '',
  name: member?.name ?? '',
  post: member?.post ?? '',
  unit: member?.unit_id ?? '',
  area: member?.area_id ?? (member ? '' : (area.peek()?.id ?? '')),
  skills: (member?.skills ?? []).join(', '),
  max_posts: member?.max_posts === null || !member ? '' : String(member.max_posts),
  full_time: member?.full_time ?? true,
  active: member?.active ?? true,
})
type Draft = ReturnType<typeof draftOf>

function needs(now: Draft): string {
  if (!now.work_no.trim() || !now.name.trim() || !now.post.trim()) return t('org.staffNeeds')
  return /^\d{0,4}$/.test(now.max_posts.trim()) ? '' : t('org.mostNeeds')
}

const sent = (now: Draft) => ({
  name: now.name.trim(),
  post: now.post.trim(),
  unit: now.unit || null,
  area: now.area || null,
  skills: now.skills.split(LISTED).map((skill) => skill.trim()).filter(Boolean),
  max_posts: now.max_posts.trim() ? Number(now.max_posts) : null,
  full_time: now.full_time,
  active: now.active,
})

/** The form that adds a member of staff, or changes what the roster holds of one: only what differs is sent. */
export function StaffForm({ member, done }: { member: OneStaff | null; done: () => void }): JSX.Element {
  const draft = useSignal(draftOf(member))
  const now = draft.value
  const set = (part: Partial<Draft>): void => void (draft.value = { ...draft.peek(), ...part })
  const all = tree.data.value
  const send = async (): Promise<void> => {
    const given = sent(draft.peek())
    if (member) {
      const was = sent(draftOf(member))
      const changes = Object.fromEntries(Object.entries(given).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name as keyof typeof was]))) as Change
      if (Object.keys(changes).length > 0) await changeStaff(member, changes)
    } else {
      await addStaff({ ...given, work_no: draft.peek().work_no.trim() })
    }
    toast(t('org.saved'))
    done()
  }
  return (
    <DoingForm label={member ? t('org.changeStaff', { no: member.work_no }) : t('org.addStaff')} submit={t(member ? 'org.save' : 'org.add')} why={needs(now)} onSubmit={send}>
      {!member && <TextField id="staff-no" label={t('org.workNo')} value={now.work_no} maxLength={60} onInput={(work_no) => set({ work_no })} />}
      <TextField id="staff-name" label={t('org.staffName')} value={now.name} maxLength={200} onInput={(name) => set({ name })} />
      <TextField id="staff-post" label={t('org.post')} hint={t('org.postHint')} value={now.post} maxLength={200} onInput={(post) => set({ post })} />
      <SelectField id="staff-unit" label={t('org.unit')} value={now.unit} options={[['', t('org.nobody')], ...(all?.units ?? []).map((unit): [string, string] => [unit.id, `${unit.code} ${unit.name}`])]} onChange={(unit) => set({ unit })} />
      <SelectField id="staff-area" label={t('org.ownArea')} value={now.area} options={[['', t('org.nobody')], ...(all?.areas ?? []).map((each): [string, string] => [each.id, `${each.name} ${each.code}`])]} onChange={(own) => set({ area: own })} />
      <TextField id="staff-skills" label={t('org.skills')} hint={t('org.skillsHint')} value={now.skills} maxLength={1000} onInput={(skills) => set({ skills })} />
      <TextField id="staff-most" label={t('org.most')} hint={t('org.mostHint')} inputMode="numeric" value={now.max_posts} maxLength={4} onInput={(max_posts) => set({ max_posts })} />
      <CheckField id="staff-full" words={t('org.fullTime')} on={now.full_time} change={(full_time) => set({ full_time })} />
      {member && <CheckField id="staff-active" words={t('org.inOffice')} on={now.active} change={(active) => set({ active })} />}
    </DoingForm>
  )
}
