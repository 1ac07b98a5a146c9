"""How hypothesis works in this floor: no deadline, for a busy machine is no defect."""

from hypothesis import HealthCheck, settings

settings.register_profile("ground floor", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ground floor")
