"""Kopf handlers, the queue of experiments to look at, and the one pass. Only here is kopf known."""
