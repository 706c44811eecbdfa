"""The functions of the sample jobs, tried one by one."""
