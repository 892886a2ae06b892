"""`io.kestra.plugin.core.output`: outputs without work."""
