"""The lifecycle as a model (H-7): a whole house in this process, and random rules that try to break its promises."""
