import { computed } from '@preact/signals'
import { session } from './data'

/** Whether the account on screen is for some areas only; what concerns the whole territory is refused to it. */
export const limited = computed(() => Boolean(session.value?.account.area_path))

/** Whether the account on screen may take data out in files; the server has the last word. */
export const mayExport = computed(() => (session.value?.account.roles ?? []).some((role) => role === 'export' || role === 'system'))
