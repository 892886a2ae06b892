"""The world around the engine: the loop, worker threads, timers and clocks."""
