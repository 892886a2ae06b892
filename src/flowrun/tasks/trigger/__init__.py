"""`io.kestra.plugin.core.trigger`: tasks that look after triggers."""
