import { signal } from '@preact/signals'

export const TABS = ['grids', 'areas', 'gaps', 'proposals', 'zones', 'posts'] as const
export type Tab = (typeof TABS)[number]

/** The part of the desk in the panel. */
export const tab = signal<Tab>('grids')
