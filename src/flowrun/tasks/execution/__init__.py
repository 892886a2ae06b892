"""`io.kestra.plugin.core.execution`: tasks that look at the execution or change it."""
