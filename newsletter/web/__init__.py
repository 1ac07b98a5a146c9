"""Top floor, front doors: HTTP in, one use case, HTTP out. The only Flask."""
