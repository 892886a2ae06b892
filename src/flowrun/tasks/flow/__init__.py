"""`io.kestra.plugin.core.flow`: tasks that order other tasks."""
