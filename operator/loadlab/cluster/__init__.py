"""The only package that talks to the API server: six verbs, observe, act, watch."""
