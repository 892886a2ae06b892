"""What is kept of every run: one folder with a SQLite database and the locks of live executions.

`database` opens it and brings it up to date, `recorder` is the sink that writes executions, `rows` says
how they look in tables, `executions` and `history` read them back, `locks` and `lease` tell the processes on one store
apart: who is alive, who has a slot, who is to be killed.
"""
