"""Top floor, clock tower: when things are done. The only APScheduler."""
