"""What a flow, an execution and an event are. Plain data: no I/O, no clock, no printing."""
