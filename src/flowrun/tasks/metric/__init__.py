"""`io.kestra.plugin.core.metric`: metrics of an execution."""
