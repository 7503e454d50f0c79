run_capsule: object
hardware_fma: bool
