"""`io.kestra.plugin.core.debug`: tasks to try things with."""
