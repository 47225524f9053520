"""wells: heavy pages through SQLAlchemy beside a light ping, and what they do to each other."""
