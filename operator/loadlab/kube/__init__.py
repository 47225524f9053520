"""The only package that talks to the API server: its verbs, observe, act, follow."""
