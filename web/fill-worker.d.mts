import type { Plugin } from 'vite'

export function fillWorker(): Plugin
