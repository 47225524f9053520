"""Kopf handlers, the queue of experiments, and the one pass. Only here is kopf known."""
