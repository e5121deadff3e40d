"""Verbs: the only writers; each owns its transaction."""
