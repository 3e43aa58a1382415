import { computed } from '@preact/signals'
import { session } from '../../api/data'

const ROLES = ['camera_administrator', 'planner', 'system']

/** Whether the account on screen may change cameras; the server has the last word. */
export const mayChangeCameras = computed(() => (session.value?.account.roles ?? []).some((role) => ROLES.includes(role)))
