"""First floor, west: what we remember. The only SQLAlchemy."""
