"""Ground floor: what is true. Values in, values out; no I/O, no clock, no framework."""
