"""What happens next: pure functions over an execution. No I/O, no clock, no printing.

`start` creates an execution from a flow and its inputs; `decide` answers one message with events
and commands; `evolve` folds an event into the execution. Everything else here serves these three.
"""
