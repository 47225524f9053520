"""select: one query, the orders of a user with their items."""
