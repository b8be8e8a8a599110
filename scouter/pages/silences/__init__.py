"""For some time nothing is told of what matches: the list of silences, and a new one."""
