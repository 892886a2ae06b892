"""Where events become output. A sink gets every event of a run and knows nothing of the engine."""
