import { computed } from '@preact/signals'
import { session } from './data'

/** Whether the account on screen may take data out in files; the server has the last word. */
export const mayExport = computed(() => (session.value?.account.roles ?? []).some((role) => role === 'export' || role === 'system'))
