"""Second floor: what we do. One verb per function; transactions open here and only here."""
