"""The data set of users, products, orders and their items, and what all who read it share."""
